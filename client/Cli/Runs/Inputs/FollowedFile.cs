using Orleans.Kpl.Cli.Batches;
using Orleans.Kpl.Cli.Commands;
using Orleans.Kpl.Cli.Put;
using Orleans.Kpl.Run.Following;
using Orleans.Kpl.Run.Model;

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

    /// <summary>Takes note of the name under which it was seen, and of more first bytes.</summary>
    public void Saw(OpenedFile seen)
    {
        _path = seen.Path;
        if (_head.Length < FileHead.MostBytes)
            _head = seen.Head;
        _stream.SetSeen(true);
    }

    /// <summary>Takes note that no name leads to it any more.</summary>
    public void Missed() => _stream.SetSeen(false);

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
            while (!_sink.Halt.IsCancellationRequested && await LinePump.FillAsync(_lines, _sink.Halt).ConfigureAwait(false));
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

    public void OnEnded(long number, in PutOutcome outcome, RecordEnd end)
    {
        // A line that may be delivered later stays open: the next run reads it again.
        if (end is not RecordEnd.Open)
            _progress.Passed(_tracker.End(number));
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
        if (!tooLong && LinePump.IsBlank(line.Span))
            _progress.Passed(_tracker.End(number));
        else
            await LinePump.TakeAsync(line, tooLong, _sink, this, number).ConfigureAwait(false);
    }
}
