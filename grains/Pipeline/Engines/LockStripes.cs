using Orleans.Kpl.Pipeline.Kinesis;

namespace Orleans.Kpl.Pipeline.Engines;

/// <summary>
/// The locks of a stream's engines: one for each of 64 equal parts of the hash key space. So a shard of a stream of up to 64 even ones
/// has a lock of its own, and of a thousand some sixteen neighbours share one. Entering and leaving a lock waits for all memory that was
/// written before, which with a thousand shards is out of the caches: a batch that comes to four hundred of them pays that 64 times.
/// </summary>
internal sealed class LockStripes
{
    private const int Bits = 6;

    private readonly Lock[] _gates = [.. Enumerable.Range(0, 1 << Bits).Select(static _ => new Lock())];

    public Lock Of(ShardRange range) => _gates[(int)(range.StartingHashKey >> (128 - Bits))];
}
