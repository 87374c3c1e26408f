using Orleans.Kpl.Cli.Batches;
using Orleans.Kpl.Cli.Commands;
using Orleans.Kpl.Cli.Terminal;
using Orleans.Kpl.Texts;

namespace Orleans.Kpl.Cli.Put;

/// <summary>Runs one <c>kpl put</c>: reads lines, puts them in batches, counts the outcomes.</summary>
internal sealed class PutRun
{
    /// <summary>How long to wait for a further line before a batch that is not full is sent.</summary>
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(20);

    private readonly CliHost _host;
    private readonly LineReader _lines;
    private readonly ILineFormat _format;
    private readonly BatchSender _sender;
    private readonly DeliveryTally _tally;
    private readonly bool _isPipe;
    private readonly TaskCompletionSource _broke = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private CliException? _unread;

    public PutRun(CliHost host, DeliveryTally tally, InputFile input, ILineFormat format, IBatchTarget target)
    {
        (_host, _tally) = (host, tally);
        _isPipe = input.Length == 0;
        _lines = new LineReader(input.Stream, LineReader.LongestRecord);
        _format = format;
        _sender = new BatchSender(target, new InFlightWindow(host.Time), host.Time, Count);
    }

    /// <summary>The reason why no more could be put, or read; null if it could.</summary>
    public CliException? Broken => _sender.Broken ?? _unread;

    /// <summary>Reads the run's progress. Input counts as done in proportion to the records that have an outcome.</summary>
    /// <param name="total">Bytes of the input; 0 if unknown.</param>
    public ProgressReading Read(long total)
    {
        var ended = Math.Min(1, _tally.Ended / (double)Math.Max(1, _lines.Lines));
        return new ProgressReading(_tally.Delivered, _tally.Failed, (long)(_lines.BytesRead * ended), total);
    }

    /// <summary>The number of lines read so far.</summary>
    public long Lines => _lines.Lines;

    /// <summary>How far the input was read: whether its end was reached, or it was left in the middle of a line.</summary>
    public (bool IsWhole, bool IsInsideLine) End => (_lines.HasEnded, _lines.HasPartOfLine);

    /// <summary>Reads the input until its end or until the run is stopped, and waits for every record's outcome.</summary>
    /// <remarks>
    /// A stopped run leaves the rest of a file where it is. What was read from a pipe is nowhere else: its whole lines are put too.
    /// </remarks>
    public async Task RunAsync()
    {
        try
        {
            do
            {
                while (Broken is null && (_isPipe || !_host.Stop.IsCancellationRequested) && _lines.TryRead(out var line, out var tooLong))
                    await AddAsync(line, tooLong).ConfigureAwait(false);
            }
            while (Broken is null && !_host.Stop.IsCancellationRequested && await FillAsync().ConfigureAwait(false));
        }
        finally
        {
            await _sender.SendOpenAsync().ConfigureAwait(false);
            await _sender.DrainAsync().ConfigureAwait(false);
        }
    }

    private ValueTask AddAsync(ReadOnlyMemory<byte> line, bool tooLong)
    {
        if (_format is JsonLines)
            line = ByteOrderMark.Skip(line);
        var parsed = tooLong
            ? ParsedLine.Bad(RecordErrorCodes.RecordTooLarge, $"the line is longer than {LineReader.LongestRecord:N0} bytes")
            : _format.Parse(line.Span);
        if (parsed.Kind is LineKind.Blank)
            return ValueTask.CompletedTask;

        _tally.Take();
        if (parsed.Kind is LineKind.Bad)
        {
            _tally.End(_lines.Lines, PutOutcome.Failure(parsed.Code!, parsed.Error));
            return ValueTask.CompletedTask;
        }

        _sender.Open.Add(parsed.Key, line.Span, _lines.Lines, parsed.IsJson);
        return _sender.Open.IsFull ? _sender.SendOpenAsync() : ValueTask.CompletedTask;
    }

    /// <summary>Reads more lines. If none arrive for a while, the records in the current batch are sent.</summary>
    private async ValueTask<bool> FillAsync()
    {
        var filling = _lines.FillUntilAsync(_host.Stop);
        if (!filling.IsCompleted && _sender.Open.Count > 0)
        {
            await ((Task)filling).WaitAsync(Pause, _host.Time).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (!filling.IsCompleted)
                await _sender.SendOpenAsync().ConfigureAwait(false);
        }

        // Who types, or what writes into a pipe, may take long with the next line: where no line can be put any more, none is waited for.
        try
        {
            return await Task.WhenAny(filling, _broke.Task).ConfigureAwait(false) == filling && await filling.ConfigureAwait(false);
        }
        catch (IOException error)
        {
            _unread = CliException.InputBroken(error);
            return false;
        }
    }

    private void Count(PutBatch batch, DateTimeOffset sentAt)
    {
        if (_sender.Broken is not null)
            _broke.TrySetResult();
        if (batch.Delivered is not null)
            _tally.Deliver(batch.Count);
        else
        {
            for (var i = 0; i < batch.Count; i++)
                _tally.End(batch.LineOf(i), batch.Outcomes[i], isTold: _sender.Broken is null);
        }
    }
}
