namespace Orleans.Kpl.LocalKinesis.Faults.Switchboard;

/// <summary>A fault with its counters. The n-th match is hit or not by the seed, the fault's id and n.</summary>
internal sealed class ArmedFault(int id, Fault fault, int seed, long armedAtTicks)
{
    private readonly Lock _lock = new();
    private long _matches;
    private long _hits;

    public int Id => id;

    public Fault Fault => fault;

    public ActiveFault Snapshot()
    {
        lock (_lock) return new(id, fault, _matches, _hits);
    }

    public bool Matches(string? operation, string? stream, long bytes) =>
        (fault.Operation is null || fault.Operation == operation) && (fault.Stream is null || fault.Stream == stream)
        && (fault.OverBytes is not { } least || bytes > least);

    public bool IsOver(long nowTicks) => fault.For is { } span && nowTicks - armedAtTicks >= span.Ticks;

    /// <summary>Counts a match and says whether it is hit.</summary>
    public bool TryHit(long nowTicks)
    {
        if (IsOver(nowTicks)) return false;
        lock (_lock)
        {
            var match = _matches++;
            if (match < fault.After || _hits >= fault.Count || Uniform(match) >= fault.Probability) return false;
            _hits++;
            return true;
        }
    }

    private double Uniform(long match)
    {
        var z = unchecked(((ulong)(uint)seed << 32 | (uint)id) * 0xD1342543DE82EF95UL + (ulong)(match + 1) * 0x9E3779B97F4A7C15UL);
        z = unchecked((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9UL);
        z = unchecked((z ^ (z >> 27)) * 0x94D049BB133111EBUL);
        return ((z ^ (z >> 31)) >> 11) * (1.0 / (1UL << 53));
    }
}
