using Orleans.Kpl.LocalKinesis.Store;
using Orleans.Kpl.LocalKinesis.Wire;

namespace Orleans.Kpl.LocalKinesis.Operations.Writing;

/// <summary>Applies the records of one call, each to the shard that is open for its hash key at that moment.</summary>
internal readonly struct RecordWriter(KinesisStream stream, long nowTicks, long jitterTicks)
{
    /// <summary>Applies one record. The shard is the one that took or throttled it.</summary>
    public bool TryApply(in PutEntry entry, out Shard shard, out SequenceNumber number)
    {
        var map = stream.Map;
        while (true)
        {
            shard = map.Find(entry.Hash);
            var verdict = shard.TryApply(entry, nowTicks, nowTicks + jitterTicks, out number);
            if (verdict != PutVerdict.Closed) return verdict == PutVerdict.Applied;
            if (stream.Status == StreamStatus.Deleted) throw KinesisErrors.ResourceNotFound(stream.Name);
            map = stream.AwaitMap();
        }
    }

    /// <summary>Puts are taken by every stream that has shards; one in CREATING is not known yet.</summary>
    public static void RequireShards(KinesisStream stream)
    {
        if (stream.Status == StreamStatus.Creating) throw KinesisErrors.ResourceNotFound(stream.Name);
    }
}
