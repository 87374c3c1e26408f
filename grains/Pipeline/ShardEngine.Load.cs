using Orleans.Kpl.Pipeline.Load;

namespace Orleans.Kpl.Pipeline;

/// <summary>What the shard's load is: told once for a Kinesis record, and by samples of user records.</summary>
internal partial class ShardEngine
{
    private ShardLoad? _load;

    /// <summary>What was seen of the shard here; null where nothing was sent for it yet.</summary>
    public ShardLoadReport? Load => Volatile.Read(ref _load)?.Report(_clock.Now);

    /// <summary>Kinesis took a Kinesis record of the shard.</summary>
    public void OnDelivered(KinesisRecord record, long now) => Volatile.Read(ref _load)?.OnDelivered(record.Size, now);

    /// <summary>Kinesis throttled so many Kinesis records of the shard.</summary>
    public void OnThrottles(int count)
    {
        var now = _clock.Now;
        for (var i = 0; i < count; i++)
            Volatile.Read(ref _load)?.OnThrottled(now);
    }

    /// <summary>Most engines of a tier are closed, and those of a stream that idles see nothing: what watches a load comes with the first of it.</summary>
    private ShardLoad LoadSince(long now)
    {
        if (_load is { } load)
            return load;
        load = new ShardLoad(Range, _settings.Load, now);
        Volatile.Write(ref _load, load);
        return load;
    }

    /// <summary>A subtraction and a comparison for most records.</summary>
    private void Sample(in IncomingRecord record, long now)
    {
        if (Place.Sampler.Picks(record.Data.Length + record.PartitionKey.Length, out var weight) && Kind == EngineKind.Predicted)
            LoadSince(now).OnSample(record.HashKey, record.PartitionKey, weight, now);
    }

    /// <summary>It wants to be sent, whether there are tokens or not.</summary>
    private protected KinesisRecord Offer(KinesisRecord record, long now)
    {
        if (Kind == EngineKind.Predicted)
            LoadSince(now).OnOffered(record.Encoded.Count, record.Size, now);
        return record;
    }
}
