using Orleans.Kpl.Aggregation;

namespace Orleans.Kpl.Pipeline.Numbers;

/// <summary>Hands out lines of producer numbers: one for each open aggregate and its successors, so that no two count together.</summary>
internal sealed class ProducerNumbers(Random random, TimeProvider time)
{
    /// <summary>How many lines are told, those with the latest numbers.</summary>
    public const int Told = 10_000;

    private readonly ulong _producer = (ulong)random.NextInt64(long.MinValue, long.MaxValue);
    private readonly Lock _lock = new();
    private List<ProducerLine> _lines = [];
    private int _count;

    /// <summary>The last number of each line, the latest first.</summary>
    public IReadOnlyList<LastNumber> Last
    {
        get
        {
            List<ProducerLine> lines;
            lock (_lock)
                lines = [.. _lines];
            return [.. lines.OrderByDescending(static l => l.GivenAt).Take(Told).Select(static l => l.Last).OfType<LastNumber>()];
        }
    }

    /// <summary>Begins a line. Until it gives a number nothing is kept of it: aggregates of records that have their numbers already give none.</summary>
    public ProducerLine NewLine() => new(_producer, Interlocked.Increment(ref _count), time, Keep);

    private void Keep(ProducerLine line)
    {
        lock (_lock)
        {
            if (_lines.Count == 2 * Told)
                _lines = [.. _lines.OrderByDescending(static l => l.GivenAt).Take(Told)];
            _lines.Add(line);
        }
    }
}

/// <summary>The numbers of records that do not reach an aggregate at once. Not thread-safe.</summary>
/// <remarks>How far they were given is told for many records together: it takes a look at the clock.</remarks>
internal sealed class NumberLine(Func<ProducerLine> newLine)
{
    /// <summary>
    /// The numbers of one line: as many as a consumer's filter remembers of it, so that the filter knows them all, however late they come.
    /// </summary>
    private const int Length = 65_536;

    private ProducerLine _line = newLine();
    private long _next;

    /// <summary>The number of the next record, as <see cref="Give"/> returns it.</summary>
    public ProducerNumber Next => _line.Next with { Number = _next };

    /// <summary>Gives the next number.</summary>
    public ProducerNumber Give()
    {
        var number = Next;
        if (++_next == Length)
        {
            Tell();
            (_line, _next) = (newLine(), 0);
        }

        return number;
    }

    /// <summary>Tells how far numbers were given: when a frame or a segment is full, or sent.</summary>
    public void Tell() => _line.GiveUpTo(_next);
}
