using Orleans.Kpl.Pipeline.Kinesis;
using Orleans.Kpl.Pipeline.Load;

namespace Orleans.Kpl.Scaling.Running;

/// <summary>
/// Keeps since when each shard has had no record: its owner reports no load for it, and so no minutes. Only the policy's loop calls
/// <see cref="Look"/>; <see cref="MinutesOf"/> is safe on any thread.
/// </summary>
internal sealed class UnusedShards(TimeProvider time)
{
    /// <summary>After a longer time without a look nothing is known: meanwhile a shard may have been another owner's.</summary>
    private static readonly TimeSpan LongestGap = TimeSpan.FromMinutes(5);

    private volatile LastLook _last = new(0, []);

    private Dictionary<(ShardRange Shard, string? Owner), long> Known => _last is var last && time.GetElapsedTime(last.At) <= LongestGap ? last.Since : [];

    /// <summary>Keeps the shards that are unused in this look. Where an owner did not answer there are none, and the time begins anew.</summary>
    public void Look(StreamObservation sight)
    {
        var (known, now) = (Known, time.GetTimestamp());
        _last = new(now, sight.Unused.ToDictionary(static u => u, u => known.GetValueOrDefault(u, now)));
    }

    /// <summary>Returns the whole minutes for which a shard has been unused.</summary>
    public IReadOnlyList<MinuteCount> MinutesOf(ShardRange shard, string? owner) => Known.TryGetValue((shard, owner), out var since)
        ? [.. Enumerable.Repeat(default(MinuteCount), (int)Math.Min(time.GetElapsedTime(since).TotalMinutes, MinuteCounts.Kept))]
        : [];

    private sealed record LastLook(long At, Dictionary<(ShardRange Shard, string? Owner), long> Since);
}
