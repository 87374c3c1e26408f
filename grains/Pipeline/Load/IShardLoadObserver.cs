namespace Orleans.Kpl.Pipeline.Load;

/// <summary>
/// What a shard engine tells of its load. All but samples are told once for a Kinesis record, and samples only where
/// <see cref="LoadSampler"/> says so. Times are ticks of the pipeline's monotonic clock. Any thread may call.
/// </summary>
internal interface IShardLoadObserver
{
    /// <summary>A user record that the sampler picked.</summary>
    /// <param name="hashKey">Where it lies.</param>
    /// <param name="partitionKey">Its key as UTF-8.</param>
    /// <param name="weight">Bytes that it stands for.</param>
    /// <param name="now">The time.</param>
    void OnSample(UInt128 hashKey, ReadOnlySpan<byte> partitionKey, long weight, long now);

    /// <summary>A Kinesis record was closed: it wants to be sent, whether there are tokens or not.</summary>
    void OnOffered(int userRecords, int bytes, long now);

    /// <summary>Kinesis took a Kinesis record.</summary>
    void OnDelivered(int bytes, long now);

    /// <summary>Kinesis throttled a Kinesis record.</summary>
    void OnThrottled(long now);
}
