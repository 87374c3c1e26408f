namespace Orleans.Kpl.Run.Following;

/// <summary>
/// Knows how far a file is delivered: lines are taken in order and end in any order, and the position is behind the last one before which none is
/// open. A line that may not be passed over holds it for good.
/// </summary>
internal sealed class LineTracker(long start)
{
    private readonly Lock _lock = new();
    private Line[] _lines = new Line[64];
    private long _first;
    private long _taken;
    private long _offset = start;

    /// <summary>The bytes from the file's start whose lines have all ended.</summary>
    public long Offset
    {
        get
        {
            lock (_lock)
                return _offset;
        }
    }

    /// <summary>The lines that were taken and that the position is not behind.</summary>
    public long Open
    {
        get
        {
            lock (_lock)
                return _taken - _first;
        }
    }

    /// <summary>Takes a line and returns its number.</summary>
    /// <param name="endOffset">The position behind it.</param>
    public long Take(long endOffset)
    {
        lock (_lock)
        {
            if (_taken - _first == _lines.Length)
                Grow();
            _lines[_taken % _lines.Length] = new Line(endOffset, false);
            return _taken++;
        }
    }

    /// <summary>Ends a line; returns how many lines the position has passed by it.</summary>
    public int End(long number)
    {
        lock (_lock)
        {
            ref var ended = ref _lines[number % _lines.Length];
            ended = ended with { HasEnded = true };
            var passed = 0;
            while (_first < _taken && _lines[_first % _lines.Length] is { HasEnded: true } line)
            {
                _offset = line.EndOffset;
                _first++;
                passed++;
            }

            return passed;
        }
    }

    private void Grow()
    {
        var larger = new Line[_lines.Length * 2];
        for (var number = _first; number < _taken; number++)
            larger[number % larger.Length] = _lines[number % _lines.Length];
        _lines = larger;
    }

    private readonly record struct Line(long EndOffset, bool HasEnded);
}
