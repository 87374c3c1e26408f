using Orleans.Kpl.Pipeline.Kinesis;

namespace Orleans.Kpl.Pipeline.Maps;

/// <summary>The hash keys at which future shards start, ascending.</summary>
internal sealed class Boundaries
{
    private readonly UInt128[] _starts;

    public Boundaries(IEnumerable<UInt128> starts)
    {
        _starts = [.. starts.Distinct()];
        Array.Sort(_starts);
    }

    public static Boundaries None { get; } = new([]);

    public int Count => _starts.Length;

    /// <summary>Returns the part, from 0, that a hash key belongs to.</summary>
    public int PartOf(UInt128 hashKey)
    {
        var place = Array.BinarySearch(_starts, hashKey);
        return place >= 0 ? place + 1 : ~place;
    }

    /// <summary>Returns the boundaries that cut a shard.</summary>
    public Boundaries Within(ShardRange range)
    {
        // Each shard of thousands asks, of thousands of boundaries.
        var (first, end) = (PartOf(range.StartingHashKey), PartOf(range.EndingHashKey));
        return first == end ? None : new Boundaries(_starts[first..end]);
    }

    public bool Same(Boundaries other) => _starts.AsSpan().SequenceEqual(other._starts);
}
