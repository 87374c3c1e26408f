using Orleans.Kpl.Pipeline.Fairness;

namespace Orleans.Kpl.Lanes.Accepting;

/// <summary>The gates of the shards that are full. Never changes.</summary>
/// <param name="sorted">By the first hash key; of those with the same one, the largest comes first.</param>
internal sealed class ShardGates(ShardGate[] sorted)
{
    public IReadOnlyList<ShardGate> All => sorted;

    public bool IsEmpty => sorted.Length == 0;

    /// <summary>Returns the gate of that shard; null where it is not full.</summary>
    public ShardGate? Of((UInt128 First, UInt128 Last) shard) => Array.Find(sorted, g => g.Shard == shard);

    /// <summary>Returns the gate for a hash key; null where its shard is not full. Of a parent and its child it is the child's.</summary>
    public ShardGate? Find(UInt128 hashKey)
    {
        var (low, high) = (0, sorted.Length);
        while (low < high)
        {
            var middle = (low + high) / 2;
            (low, high) = sorted[middle].Shard.First <= hashKey ? (middle + 1, high) : (low, middle);
        }

        return low > 0 && hashKey <= sorted[low - 1].Shard.Last ? sorted[low - 1] : null;
    }

    public ShardGates With(ShardGate gate)
    {
        List<ShardGate> all = [.. sorted];
        var after = all.FindIndex(g => g.Shard.First > gate.Shard.First || (g.Shard.First == gate.Shard.First && g.Shard.Last < gate.Shard.Last));
        all.Insert(after < 0 ? all.Count : after, gate);
        return new([.. all]);
    }

    public ShardGates Without(ShardGate gate) => new(Array.FindAll(sorted, g => g != gate));
}

/// <summary>What is let in for one full shard, and who waits. Guarded by the <see cref="ClientHorizon"/>.</summary>
internal sealed class ShardGate((UInt128 First, UInt128 Last) shard)
{
    /// <summary>Its first and last hash key.</summary>
    public (UInt128 First, UInt128 Last) Shard => shard;

    /// <summary>The callers in line.</summary>
    public FairQueue Line { get; } = new();

    /// <summary>How many messages wait here that came back.</summary>
    public int Messages { get; set; }

    /// <summary>What may be let in until the next portion, in bytes. Below 0 where a record was larger than what was left.</summary>
    public long Free { get; set; }

    /// <summary>What is let in with the next interval, in bytes.</summary>
    public long Portion { get; set; } = 2 * ClientHorizon.FirstPortion; // halved with the first message that comes back

    /// <summary>For how many portions nobody had to wait.</summary>
    public int Quiet { get; set; }

    /// <summary>The longest time-to-live of records that came back, in ticks.</summary>
    public long Ttl { get; set; }

    /// <summary>Whether the shard is not full any more.</summary>
    public bool IsOpen { get; set; }

    /// <summary>Has callers go in their turns, while there is room. Returns the room that is left.</summary>
    public long Serve(long free, Action<QueuedCaller> go)
    {
        for (; free > 0 && Line.First is { } caller; free -= caller.Size)
        {
            Line.Remove(caller, isServed: true);
            go(caller);
        }

        return free;
    }
}
