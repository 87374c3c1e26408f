using Orleans.Kpl.Cli.Batches;
using Orleans.Kpl.Cli.Commands;
using Orleans.Kpl.Cli.Put;
using Orleans.Kpl.Run;
using Orleans.Kpl.Run.Following;

namespace Orleans.Kpl.Cli.Runs.Inputs;

/// <summary>Reads the lines of one file, to its end or for as long as it grows, and knows how far they are delivered.</summary>
internal sealed class FollowedFile : IRecordOrigin, IDisposable
{
    private readonly GrowingStream _stream;
    private readonly RunSink _sink;
    private readonly OpenLines _progress;
    private readonly LineTracker _tracker;
    private readonly LineReader _lines;
    private readonly long _start;
    private volatile FileHead _head;
    private volatile string _path;

    public FollowedFile(OpenedFile file, long start, FileInputSettings settings, TimeProvider time, RunSink sink, OpenLines progress)
    {
        (_sink, _progress, _start, _path, _head) = (sink, progress, start, file.Path, file.Head);
        _stream = new GrowingStream(file, start, settings, time);
        _tracker = new LineTracker(start);
        _lines = new LineReader(_stream, RunSink.LongestRecord);
    }

    /// <summary>The file, and how far its lines are delivered.</summary>
    public FilePosition Position => new(_path, _head, _tracker.Offset);

    /// <summary>Whether nothing more of it is read, and each of its lines is settled.</summary>
    public bool IsDone => HasEnded && _tracker.Open == 0;

    /// <summary>Whether nothing more of it is read.</summary>
    public bool HasEnded { get; private set; }

    /// <summary>Whether it was renamed out of sight, removed or truncated: once it is done, its position is of no use.</summary>
    public bool IsGone => _stream.IsGone;

    /// <summary>Whether an opened file is this one.</summary>
    public bool Is(OpenedFile other) => !IsGone && _head.Is(other.Number, other.FirstBytes);

    /// <summary>Takes note of the name under which it was seen, and of more first bytes; false where it is gone by now.</summary>
    public bool TrySee(OpenedFile seen)
    {
        if (!_stream.TrySee())
            return false;
        _path = seen.Path;
        if (_head.Length < FileHead.MostBytes)
            _head = seen.Head;
        return true;
    }

    /// <summary>Takes note that no name leads to it any more.</summary>
    public void Miss() => _stream.Miss();

    /// <summary>Reads until its end, or until the run halts.</summary>
    public async Task ReadAsync()
    {
        try
        {
            do
            {
                while (!_sink.Halt.IsCancellationRequested && _lines.TryRead(out var line, out var tooLong))
                    await TakeAsync(line, tooLong).ConfigureAwait(false);
            }
            while (!_sink.Halt.IsCancellationRequested && await _lines.FillAsync(_sink.Halt).ConfigureAwait(false));
        }
        catch (OperationCanceledException)
        {
            // The run halts, or the rest of the file is left to the next run.
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            _sink.Break(CliException.NotThere($"input.file: {_path} cannot be read on: {exception.Message}"));
        }
        finally
        {
            HasEnded = true;
            _stream.Dispose();
        }
    }

    /// <remarks>A line that may be delivered later stays open: the next run reads it again.</remarks>
    public void End(long number, in PutOutcome outcome, RecordEnd end)
    {
        if (end is not RecordEnd.Open)
            Settle(number);
    }

    public void Dispose() => _stream.Dispose();

    private async ValueTask TakeAsync(ReadOnlyMemory<byte> line, bool tooLong)
    {
        if (!_progress.TryTake())
        {
            // What is under way must not wait for company that cannot come.
            _sink.Hurry();
            if (!await _progress.TakeAsync(_sink.Halt).ConfigureAwait(false))
                return; // The run halts; the line is not taken.
        }

        var number = _tracker.Take(_start + _lines.BytesTaken);
        if (!await _sink.TakeLineAsync(line, tooLong, this, number).ConfigureAwait(false))
            Settle(number);
    }

    /// <summary>Takes note that a line need not be read again.</summary>
    private void Settle(long number) => _progress.Passed(_tracker.End(number));
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
