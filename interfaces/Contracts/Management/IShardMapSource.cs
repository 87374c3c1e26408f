namespace Orleans.Kpl.Management;

/// <summary>
/// What silos ask the manager of a stream, the only one in the cluster that calls ListShards for it. The same grain as <see cref="IStreamManager"/>,
/// under the stream's one name in the tier.
/// </summary>
/// <remarks>What Kinesis answered is data here, its errors included: a silo's pipeline judges them as if it had asked itself.</remarks>
[Alias("Orleans.Kpl.IShardMapSource")]
internal interface IShardMapSource : IGrainWithStringKey
{
    /// <summary>The open shards.</summary>
    /// <param name="known">
    /// A version that was told: the listing in force is enough when it is that one or a newer one. Null: only one whose reading
    /// begins after this call will do; calls that wait together share it.
    /// </param>
    [Alias("ListShards")]
    [ResponseTimeout(ResponseTimeouts.ResponseTimeout)]
    Task<ShardListing> ListShards(MapVersion? known);

    /// <summary>The closed shards that still hold records, read anew; calls that wait together share the reading.</summary>
    [Alias("ListClosedShards")]
    [ResponseTimeout(ResponseTimeouts.ResponseTimeout)]
    Task<ShardListing> ListClosedShards();

    /// <summary>Status, record limit and creation time of the stream, read anew; calls that wait together share the reading.</summary>
    [Alias("DescribeStream")]
    [ResponseTimeout(ResponseTimeouts.ResponseTimeout)]
    Task<StreamDescription> DescribeStream();

    /// <summary>Puts failures on the stream's list.</summary>
    [Alias("ReportFailures")]
    [ResponseTimeout(ResponseTimeouts.ShortResponseTimeout)]
    Task ReportFailures(FailureReport report);

    /// <summary>Goes on with an operation and a policy that are kept for the stream.</summary>
    [Alias("Wake")]
    [ResponseTimeout(ResponseTimeouts.ResponseTimeout)]
    Task Wake();

    /// <summary>Sets records aside for an operator. They are kept durably when this returns.</summary>
    [Alias("SetAside")]
    [ResponseTimeout(ResponseTimeouts.ResponseTimeout)]
    Task SetAside(DeadLetterReport report);
}
