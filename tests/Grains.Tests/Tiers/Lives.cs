using Orleans.Kpl.LocalKinesis;
using Orleans.Kpl.Producer.Tests.Faults;

namespace Orleans.Kpl.Grains.Tests.Tiers;

/// <summary>What consumers see under a stream's name, in all the streams that had it: one that is created again numbers its shards from 0 again.</summary>
internal static class Lives
{
    /// <summary>The oldest stream first; within each, shard by shard, in the order of each shard.</summary>
    public static List<SeenRecord> Visible(KinesisEndpoint kinesis, string stream) =>
        [.. kinesis.FormerStreams.Where(s => s.Name == stream).Append(kinesis.Get(stream)).SelectMany(life => VisibleIn(kinesis, life))];

    private static IEnumerable<SeenRecord> VisibleIn(KinesisEndpoint kinesis, StreamSnapshot life)
    {
        var shards = life.Shards.ToDictionary(s => s.ShardId);
        return kinesis.GetApplied(life.Name, null, life.CreatedAt)
            .SelectMany(r => ConsumerView.Of(r, shards[r.ShardId].StartingHashKey, shards[r.ShardId].EndingHashKey))
            .Where(s => s.Visible)
            .OrderBy(s => s.ShardId, StringComparer.Ordinal).ThenBy(s => s.SequenceNumber.Length).ThenBy(s => s.SequenceNumber, StringComparer.Ordinal)
            .ThenBy(s => s.SubSequenceNumber);
    }
}
