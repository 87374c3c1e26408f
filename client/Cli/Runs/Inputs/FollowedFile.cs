using Orleans.Kpl.Cli.Batches;
using Orleans.Kpl.Cli.Commands;
using Orleans.Kpl.Cli.Put;
using Orleans.Kpl.Run;
using Orleans.Kpl.Run.Following;
using Orleans.Kpl.Texts;

namespace Orleans.Kpl.Cli.Runs.Inputs;

/// <summary>Knows one file and how far its lines are delivered. Reads it in turns, each to its end, or for as long as it grows and no other waits.</summary>
internal sealed class FollowedFile(
    OpenedFile file, long start, FileInputSettings settings, TimeProvider time, RunSink sink, OpenLines progress) : IRecordOrigin
{
    private readonly LineTracker _tracker = new(start);
    private readonly NameWatch _name = new(settings, time);
    private volatile FileHead _head = file.Head;
    private volatile string _path = file.Path;
    private long? _readTo;

    /// <summary>The file, and how far its lines are delivered.</summary>
    public FilePosition Position => new(_path, _tracker.Offset, _head);

    /// <summary>Completes when its turn is over; has completed while it has none.</summary>
    public Task Reading { get; private set; } = Task.CompletedTask;

    /// <summary>Whether nothing more of it is read in this turn, and each of its lines is settled.</summary>
    public bool IsDone => Reading.IsCompleted && _tracker.Open == 0;

    /// <summary>Whether it was renamed out of sight, removed or truncated: once it is done, its position is of no use.</summary>
    public bool IsGone => _name.IsGone;

    /// <summary>Whether an opened file is this one.</summary>
    public bool Is(OpenedFile other) => !IsGone && _head.Is(other.Number, other.FirstBytes);

    /// <summary>Takes note of the name under which it was seen, and of more first bytes; false where it is gone by now.</summary>
    /// <param name="seen">The file; null where it could not be opened.</param>
    public bool TrySee(OpenedFile? seen)
    {
        // Whoever reads it notices that himself.
        if (Reading.IsCompleted && seen?.Stream.Length < _tracker.Offset)
            _name.CutOff();
        if (!_name.TrySee())
            return false;
        if (seen is null)
            return true;
        _path = seen.Path;
        if (_head.Length < FileHead.MostBytes)
            _head = seen.Head;
        return true;
    }

    /// <summary>Takes note of how a look for files ended.</summary>
    /// <param name="isSeen">Whether a name leads to it.</param>
    /// <param name="othersWait">Whether other files wait for a turn.</param>
    public void EndLook(bool isSeen, bool othersWait)
    {
        _name.MayRest = isSeen && othersWait;
        if (isSeen)
            return;
        _name.Miss();
        if (Reading.IsCompleted)
            _name.HasBeenMissedForLong();
    }

    /// <summary>Whether it should have a turn: it had none yet, or has changed since the last one.</summary>
    public bool WantsTurn(OpenedFile seen) => IsDone && (_readTo is not { } end || (settings.Follow && seen.Stream.Length != end));

    /// <summary>Gives it a turn: reads until its end, or until the run halts.</summary>
    public void Read(OpenedFile opened) => Reading = Task.Run(() => ReadAsync(opened));

    private async Task ReadAsync(OpenedFile opened)
    {
        var start = _tracker.Offset;
        using var stream = new GrowingStream(opened, start, settings, time, _name);
        var lines = new LineReader(stream, LineReader.LongestRecord);
        try
        {
            do
            {
                while (!sink.Halt.IsCancellationRequested && lines.TryRead(out var line, out var tooLong))
                    await TakeAsync(line, tooLong, start + lines.BytesTaken).ConfigureAwait(false);
            }
            while (!sink.Halt.IsCancellationRequested && await lines.FillAsync(sink.Halt).ConfigureAwait(false));
        }
        catch (OperationCanceledException)
        {
            // The run halts, or the rest of the file is left to the next run or turn, or is gone.
            if (_name.IsGone && lines.BytesRead > lines.BytesTaken)
                sink.Warn($"kpl: {_path} was truncated: its last {Quantity.Of(lines.BytesRead - lines.BytesTaken, "byte")} had no line end, and are no record");
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            sink.Break(CliException.NotThere($"input.file: {_path} cannot be read on: {exception.Message}"));
        }
        finally
        {
            _readTo = start + lines.BytesRead;
        }
    }

    /// <remarks>A line that may be delivered later stays open: the next run reads it again.</remarks>
    public void End(long number, in PutOutcome outcome, RecordEnd end)
    {
        if (end is not RecordEnd.Open)
            Settle(number);
    }

    public string Describe(long number) =>
        $"{_path}, line {number + 1:N0}{(start == 0 ? "" : $" behind byte {start:N0}")}";

    private async ValueTask TakeAsync(ReadOnlyMemory<byte> line, bool tooLong, long endOffset)
    {
        if (!progress.TryTake())
        {
            // Records under way must not wait for company that cannot come.
            sink.Hurry();
            if (!await progress.TakeAsync(sink.Halt).ConfigureAwait(false))
                return; // The run halts; the line is not taken.
        }

        var number = _tracker.Take(endOffset);
        if (!await sink.TakeLineAsync(line, tooLong, this, number).ConfigureAwait(false))
            Settle(number);
    }

    /// <summary>Takes note that a line need not be read again.</summary>
    private void Settle(long number) => progress.Passed(_tracker.End(number));
}

/// <summary>
/// Bounds the lines of all files that were taken and that the checkpoint does not know as settled: so many may come twice when the process is killed.
/// </summary>
internal sealed class OpenLines(int most) : IDisposable
{
    private readonly SemaphoreSlim _free = new(most);
    private readonly SemaphoreSlim _changed = new(0, 1);
    private readonly Lock _lock = new();
    private int _passed;

    /// <summary>Takes a line if one may be taken at once.</summary>
    public bool TryTake() => _free.Wait(0);

    /// <summary>Waits until a line may be taken; false when <paramref name="halt"/> is cancelled.</summary>
    public async ValueTask<bool> TakeAsync(CancellationToken halt)
    {
        try
        {
            await _free.WaitAsync(halt).ConfigureAwait(false);
            return true;
        }
        catch (OperationCanceledException)
        {
            return false;
        }
    }

    /// <summary>Takes note that positions have passed so many lines.</summary>
    public void Passed(int lines)
    {
        lock (_lock)
        {
            _passed += lines;
            if (lines > 0 && _changed.CurrentCount == 0)
                _changed.Release();
        }
    }

    /// <summary>Waits until positions have changed since <see cref="Collect"/> was called last.</summary>
    public Task WaitAsync(CancellationToken cancellationToken) => _changed.WaitAsync(cancellationToken);

    /// <summary>Returns how many lines were passed since the last call. Positions that are read afterwards are behind them.</summary>
    public int Collect()
    {
        lock (_lock)
        {
            var passed = _passed;
            _passed = 0;
            return passed;
        }
    }

    /// <summary>Lets so many further lines be taken: the checkpoint knows those.</summary>
    public void Free(int lines)
    {
        if (lines > 0)
            _free.Release(lines);
    }

    public void Dispose()
    {
        _free.Dispose();
        _changed.Dispose();
    }
}
