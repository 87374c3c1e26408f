using Orleans.Kpl.Cli.Batches;
using Orleans.Kpl.Cli.Commands;
using Orleans.Kpl.Cli.Put;
using Orleans.Kpl.Cli.Terminal;
using Orleans.Kpl.Run;
using Orleans.Kpl.Run.Processing;

namespace Orleans.Kpl.Cli.Runs;

/// <summary>
/// Takes what inputs read, prepares it, puts it in batches for each stream, and tells every record's origin its outcome. Whoever hands a record on
/// waits while the output takes no more.
/// </summary>
internal sealed class RunSink : IAsyncDisposable
{
    /// <summary>How long to wait for a further record before a batch that is not full is sent.</summary>
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(20);

    /// <summary>How many senders are kept at least. Beyond them idle ones are dropped: records may name any number of streams.</summary>
    private const int FewestSenders = 64;

    /// <summary>
    /// How many streams have records under way at most, each of which takes some 200 KB. Whoever posts may make up their names, and where the output takes
    /// nothing, such as a tier for which they are too many, none of them ends.
    /// </summary>
    private const int MostStreams = 256;

    private readonly SemaphoreSlim _lock = new(1);
    private readonly Dictionary<string, BatchSender> _streams = new(StringComparer.Ordinal);
    private readonly FreeBatches _free = new();
    private readonly CliHost _host;
    private readonly StatusLine _status;
    private readonly RunFile _file;
    private readonly RunTargets _targets;
    private readonly DeliveryTally _tally;
    private readonly RecordPreparer _preparer;
    private readonly FallbackFile? _fallback;
    private readonly CancellationTokenSource _halt;
    private readonly ITimer _flush;
    private int _mostSenders = FewestSenders;
    private int _hurries;
    private bool _isFlushDue;
    private bool _isFallbackTold;
    private CliException? _broken;
    private TaskCompletionSource? _rested;

    public RunSink(CliHost host, StatusLine status, RunFile file, RunTargets targets, DeliveryTally tally)
    {
        (_host, _status, _file, _targets, _tally) = (host, status, file, targets, tally);
        _preparer = new RecordPreparer(file, new ProcessingTools(host.Time, RandomKeys.Next));
        _fallback = file.Output.Fallback is { } path ? new FallbackFile(host.PathOf(path), host.Time) : null;
        _halt = CancellationTokenSource.CreateLinkedTokenSource(host.Stop);
        _flush = host.Time.CreateTimer(static sink => _ = ((RunSink)sink!).FlushAsync(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>Is cancelled when no more may be read: by an interrupt, or because nothing can be put any more.</summary>
    public CancellationToken Halt => _halt.Token;

    /// <summary>Why nothing can be put any more; null while it can.</summary>
    public CliException? Broken => _broken;

    /// <summary>How many records had none of the fields that their key should come from.</summary>
    public long WithoutKeyField => _preparer.WithoutKeyField;

    /// <summary>Takes a line, unless it has only blanks and so is no record; completes when the next one may come. The line may be reused then.</summary>
    /// <param name="origin">Where it came from, if that is told of its outcome.</param>
    public async ValueTask<bool> TakeLineAsync(ReadOnlyMemory<byte> line, bool tooLong, IRecordOrigin? origin, long number)
    {
        if (tooLong)
            Refuse(null, origin, number, RecordErrorCodes.RecordTooLarge, $"the line is longer than {LineReader.LongestRecord:N0} bytes");
        else if (line.Span.ContainsAnyExcept(" \t\r"u8))
            await TakeAsync(line, origin, number).ConfigureAwait(false);
        else
            return false;
        return true;
    }

    /// <summary>Takes a record; completes when the next one may come. The data may be reused then.</summary>
    public async ValueTask TakeAsync(ReadOnlyMemory<byte> data, IRecordOrigin? origin, long number)
    {
        using var turn = await _lock.EnterAsync().ConfigureAwait(false);
        var prepared = _preparer.Prepare(data);
        if (prepared.ErrorCode is { } code)
        {
            Refuse(data, origin, number, code, prepared.ErrorMessage);
            return;
        }

        var sender = await SenderOfAsync(prepared.Stream).ConfigureAwait(false);
        var line = origin is null ? null : new Numbered(origin, number);
        sender.Open.Add(prepared.Key, _preparer.Data.Span, _tally.Take(), _preparer.IsJson, prepared.HashKey, line);
        if (sender.Open.IsFull)
            await SendAsync(sender).ConfigureAwait(false);
        else if (!_isFlushDue)
        {
            _isFlushDue = true;
            _flush.Change(Pause, Timeout.InfiniteTimeSpan);
        }
    }

    private void Refuse(ReadOnlyMemory<byte>? data, IRecordOrigin? origin, long number, string code, string? message)
    {
        var outcome = PutOutcome.Failure(code, message);
        var isKept = Keep(_file.Output.StreamField is null ? _file.Output.Stream : null, null, null, data, outcome);
        var end = EndOf(isKept, mayPass: true);
        Count(_tally.Take(), outcome, end, isKept && data is not null, isTold: true, origin?.Describe(number));
        origin?.End(number, outcome, end);
    }

    /// <summary>Completes when the fallback's file would outlive the end of the machine.</summary>
    /// <exception cref="IOException">It cannot be written.</exception>
    public void SyncFallback() => _fallback?.Sync();

    /// <summary>Lets nothing that was taken wait for company.</summary>
    public void Hurry()
    {
        if (Interlocked.Increment(ref _hurries) == 1)
            _ = HurryAsync();
    }

    /// <summary>Halts the run because something that it needs is not there.</summary>
    public void Break(CliException reason)
    {
        if (Interlocked.CompareExchange(ref _broken, reason, null) is null)
            _ = _halt.CancelAsync();
        OnRested();
    }

    /// <summary>Tells of what is no failure of the run.</summary>
    public void Warn(string message) => _status.WriteLine(message, Tone.Warning);

    /// <summary>Sends what waits for company, and completes when every record has its outcome. No record may be taken afterwards.</summary>
    public async Task DrainAsync()
    {
        await FlushAsync().ConfigureAwait(false);
        var ending = _streams.Values.Select(static sender => sender.DrainAsync()).ToList();
        await _targets.FlushAsync().ConfigureAwait(false);
        await Task.WhenAll(ending).ConfigureAwait(false);
    }

    public async ValueTask DisposeAsync()
    {
        await _flush.DisposeAsync().ConfigureAwait(false);
        _fallback?.Dispose();
    }

    /// <summary>Flushes for all who ask meanwhile, one after another: a flush that has begun may be too early for the next who asks.</summary>
    private async Task HurryAsync()
    {
        for (var asked = 1; asked > 0; asked = Interlocked.Add(ref _hurries, -asked))
        {
            asked = Volatile.Read(ref _hurries);
            await FlushAsync().ConfigureAwait(false);
            _ = _targets.FlushAsync();
        }
    }

    private async Task FlushAsync()
    {
        using var turn = await _lock.EnterAsync().ConfigureAwait(false);
        _isFlushDue = false;
        await SendAllAsync().ConfigureAwait(false);
    }

    private async ValueTask SendAllAsync()
    {
        foreach (var sender in _streams.Values)
            await SendAsync(sender).ConfigureAwait(false);
    }

    private ValueTask SendAsync(BatchSender sender)
    {
        var sending = sender.SendOpenAsync();
        // Where no more records may be under way, those that are must not wait for company.
        if (!sending.IsCompleted)
            _ = _targets.FlushAsync();
        return sending;
    }

    private async ValueTask<BatchSender> SenderOfAsync(string stream)
    {
        if (!_streams.TryGetValue(stream, out var sender))
        {
            if (_streams.Count >= _mostSenders)
                await MakeRoomAsync().ConfigureAwait(false);
            var target = _targets.Create(stream);
            if (IsPatient)
                target = new PatientTarget(target, _host.Time, MayBeDenied(stream), Halt);
            _streams[stream] = sender = new BatchSender(
                target, new InFlightWindow(_host.Time), _host.Time, (batch, _) => OnEnded(stream, sender!, batch), _free, OnRested);
        }

        return sender;
    }

    /// <summary>Waits until fewer streams have records under way than may.</summary>
    private async ValueTask MakeRoomAsync()
    {
        for (var isFirst = true; ; isFirst = false)
        {
            var rested = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            // Before the look, so that no stream comes to rest between the two unseen.
            Interlocked.Exchange(ref _rested, rested);
            DropIdle();
            if (_broken is not null || _streams.Values.Count(static sender => sender.HasRecords) < MostStreams)
                return;
            if (isFirst)
            {
                // Nobody else sends them: the lock is held here.
                await SendAllAsync().ConfigureAwait(false);
                _ = _targets.FlushAsync();
            }
            else
                await rested.Task.ConfigureAwait(false);
        }
    }

    private void OnRested() => Interlocked.Exchange(ref _rested, null)?.TrySetResult();

    private void DropIdle()
    {
        foreach (var (stream, _) in _streams.Where(static s => s.Value.IsIdle))
            _streams.Remove(stream);
        _mostSenders = Math.Clamp(2 * _streams.Count, FewestSenders, MostStreams);
    }

    private bool IsPatient => PatientTarget.Suits(_file);

    /// <summary>Whether the next run reads what was not delivered now; nothing else knows where this one ended.</summary>
    private bool IsReadAgain => _file.Input is FileInputSettings { Checkpoint: not null };

    /// <summary>
    /// Whether the want of a right to a stream is a record's own matter: one beside the stream of the run, and the record is not lost. A right may come back.
    /// </summary>
    private bool MayBeDenied(string stream) => _file.Output.Stream is { } usual && stream != usual && (!IsPatient || _fallback is not null);

    private bool IsForeign(string stream, in PutOutcome outcome) => outcome.IsDenied
        ? MayBeDenied(stream)
        : outcome.ErrorCode is RecordErrorCodes.ResourceNotFound && stream != _file.Output.Stream;

    private void OnEnded(string stream, BatchSender sender, PutBatch batch)
    {
        // A record that names a stream which is not there, or not for us, harms no other, and the stream may be there later.
        if (batch.Outcomes.ToArray().Any(outcome => IsForeign(stream, outcome)))
            sender.Forgive();
        else if (sender.Broken is { } reason)
            Break(reason);
        for (var i = 0; i < batch.Count; i++)
        {
            ref readonly var outcome = ref batch.Outcomes[i];
            var isDone = outcome.Delivered || outcome.Persisted;
            var mayPass = !IsPatient || IsForeign(stream, outcome) || PatientTarget.IsForGood(outcome.ErrorCode);
            var isKept = !isDone && (mayPass || !IsReadAgain || !Halt.IsCancellationRequested)
                && Keep(stream, batch.KeyOf(i), batch.HashKeyOf(i), batch.DataOf(i), outcome);
            var end = EndOf(isDone || isKept, mayPass);
            var record = batch.OriginOf(i) as Numbered;
            Count(batch.LineOf(i), outcome, end, isKept, isTold: _broken is null, isDone ? null : record?.Origin.Describe(record.Number));
            record?.Origin.End(record.Number, outcome, end);
        }
    }

    private void Count(long line, in PutOutcome outcome, RecordEnd end, bool isKept, bool isTold, string? place)
    {
        if (end == RecordEnd.Open && IsReadAgain)
            _tally.Leave();
        else
            _tally.End(line, outcome, isKept, isTold, place);
    }

    private RecordEnd EndOf(bool isKept, bool mayPass) => isKept ? RecordEnd.Kept : mayPass && _fallback is null ? RecordEnd.Failed : RecordEnd.Open;

    private bool Keep(string? stream, string? key, UInt128? hashKey, ReadOnlyMemory<byte>? data, in PutOutcome outcome)
    {
        if (_fallback is null)
            return false;
        try
        {
            _fallback.Append(stream, key, hashKey, data, outcome);
            return true;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            Break(CliException.NotThere($"the fallback takes no records, so no more are read: {exception.Message}"));
            if (!Interlocked.Exchange(ref _isFallbackTold, true))
                _status.WriteLine($"kpl: output.fallback: {exception.Message}", Tone.Bad);
            return false;
        }
    }

    private sealed record Numbered(IRecordOrigin Origin, long Number);
}
