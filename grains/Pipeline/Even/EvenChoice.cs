using System.Numerics;
using Orleans.Kpl.Pipeline.Road.Limiting;

namespace Orleans.Kpl.Pipeline.Even;

/// <summary>Chooses the shard that has most tokens for the next aggregate; where none has any, the one that will have them first.</summary>
internal static class EvenChoice
{
    /// <summary>
    /// Returns how long a shard must earn tokens before it can send a Kinesis record, in ticks; below zero, for how long it has tokens left. A shard whose
    /// rate is lowered has less of what its bucket shows, and earns what is missing more slowly.
    /// </summary>
    /// <remarks>
    /// The share counts twice where tokens are missing: the lower it is, the sooner it may be lower still. So less waits there, in time too, and little is
    /// late once the shard takes nothing any more.
    /// </remarks>
    public static double WaitOf(in TokensLeft left, ShardLimits limits, long bytes)
    {
        var wait = Math.Max((1 - left.Records) / limits.RecordsPerTick, (bytes - left.Bytes) / limits.BytesPerTick);
        return wait > 0 ? wait / (left.Share * left.Share) : wait * left.Share;
    }

    /// <summary>
    /// Whether a Kinesis record that its shard throttled may go to another one. As it is throttled more often, it goes more rarely and waits longer in
    /// between: else it would be sent without pause where every shard throttles.
    /// </summary>
    public static bool MayMove(int attempts) => BitOperations.IsPow2(attempts + 1) && BitOperations.TrailingZeroCount(attempts + 1) % 2 == 0;
}

/// <summary>The tokens that a shard has for new records.</summary>
/// <param name="Records">The tokens for Kinesis records, without those that wait already; below zero where more wait than there are tokens.</param>
/// <param name="Bytes">The tokens for bytes, likewise.</param>
/// <param name="Share">The share of the shard's rates that is used: less than 1 where others write to it too.</param>
internal readonly record struct TokensLeft(double Records, double Bytes, double Share);
