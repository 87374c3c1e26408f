using Orleans.Kpl.Pipeline.Grouping;
using Orleans.Kpl.Pipeline.Road.Aggregating;
using Orleans.Kpl.Pipeline.Watching;

namespace Orleans.Kpl.Pipeline.Even;

/// <summary>Reads what an engine's shard has for new records.</summary>
internal static class EngineTokens
{
    /// <summary>
    /// Returns what the shard has. Of a shard that another process serves it is an estimate: the tokens that it would have if its records came from here alone.
    /// </summary>
    public static TokensLeft Of(ShardEngine engine)
    {
        lock (engine.Lock)
        {
            var (tokens, now) = (engine.Tokens, engine.Now);
            tokens.Refill(now);
            var (records, bytes) = tokens.Level;
            foreach (var open in engine.OpenAggregates)
            {
                if (!open.IsEmpty)
                    (records, bytes) = (records - 1, bytes - open.Size);
            }

            var (waitingRecords, waitingBytes) = engine.Unsent;
            return new TokensLeft(records - waitingRecords, bytes - waitingBytes, engine.Rate?.Rate(now) ?? 1);
        }
    }

    /// <summary>
    /// Returns how much may join the open aggregate of a hash key. One that is nearly full closes with the next record, which opens another one. Where
    /// another process has the aggregate, it is taken as an empty one, and its tokens are taken at once.
    /// </summary>
    public static (long Records, long Bytes) LeftIn(ShardEngine engine, UInt128 hashKey)
    {
        lock (engine.Lock)
        {
            var open = engine.OpenFor(hashKey);
            var limits = open.Limits;
            if (!engine.IsOpen)
            {
                var (level, most) = (engine.Tokens.Level, engine.Tokens.Limits);
                // The debt is bounded: what was sent a second ago says nothing about the shard now.
                engine.Tokens.Level = (
                    Math.Max(level.Records - 1, -most.RecordsPerTick * TimeSpan.TicksPerSecond),
                    Math.Max(level.Bytes - limits.MaxSize, -most.BytesPerTick * TimeSpan.TicksPerSecond));
            }

            var left = limits.MaxSize - (open.IsEmpty ? 0 : open.Size);
            return left > limits.MaxSize / 10 ? (limits.MaxCount - open.Count, left) : (limits.MaxCount, limits.MaxSize);
        }
    }
}
