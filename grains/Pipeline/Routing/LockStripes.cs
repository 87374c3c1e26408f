using Orleans.Kpl.Pipeline.Kinesis;

namespace Orleans.Kpl.Pipeline.Routing;

/// <summary>
/// The locks of a stream's engines: one for each of 64 equal parts of the hash key space. In a stream of up to 64 even shards each has its
/// own lock; of a thousand shards, some sixteen neighbours share one. Entering and leaving a lock waits for all earlier memory writes,
/// which with a thousand shards are out of the caches. A batch for four hundred shards pays that 64 times.
/// </summary>
internal sealed class LockStripes
{
    private const int Bits = 6;

    private readonly Lock[] _gates = [.. Enumerable.Range(0, 1 << Bits).Select(static _ => new Lock())];

    public Lock Of(ShardRange range) => _gates[(int)(range.StartingHashKey >> (128 - Bits))];
}
