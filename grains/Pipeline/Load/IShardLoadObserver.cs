namespace Orleans.Kpl.Pipeline.Load;

/// <summary>
/// Receives what a shard engine reports of its load. Every report but a sample is made once for each Kinesis record; samples are reported only where
/// <see cref="LoadSampler"/> picks them. Times are ticks of the pipeline's monotonic clock. Any thread may call.
/// </summary>
internal interface IShardLoadObserver
{
    /// <summary>Reports a user record that the sampler picked.</summary>
    /// <param name="partitionKey">Its key as UTF-8.</param>
    /// <param name="weight">The bytes that it represents.</param>
    void OnSample(UInt128 hashKey, ReadOnlySpan<byte> partitionKey, long weight, long now);

    /// <summary>Reports that a Kinesis record was closed and is to be sent, whether there are tokens or not.</summary>
    void OnOffered(int userRecords, int bytes, long now);

    /// <summary>Reports that Kinesis accepted a Kinesis record.</summary>
    void OnDelivered(int bytes, long now);

    /// <summary>Reports that Kinesis throttled a Kinesis record.</summary>
    void OnThrottled(long now);
}
