namespace Orleans.Kpl.Management;

/// <summary>
/// The silos' interface to the manager of a stream, which alone in the cluster calls ListShards for it. It is the same grain as
/// <see cref="IStreamManager"/>, under the stream's one name in the tier.
/// </summary>
/// <remarks>Kinesis' answers are data here, including errors: a silo's pipeline judges them as if it had called Kinesis itself.</remarks>
[Alias("Orleans.Kpl.IShardMapSource")]
internal interface IShardMapSource : IGrainWithStringKey
{
    /// <summary>Returns the open shards.</summary>
    /// <param name="known">
    /// A version that the caller already knows of: the current listing is sufficient if it has that version or a later one. Null:
    /// only a listing whose reading begins after this call is sufficient; concurrent calls share it.
    /// </param>
    [Alias("ListShards")]
    [ResponseTimeout(ResponseTimeouts.ResponseTimeout)]
    Task<ShardListing> ListShards(MapVersion? known);

    /// <summary>Reads the closed shards that still hold records; concurrent calls share the reading.</summary>
    [Alias("ListClosedShards")]
    [ResponseTimeout(ResponseTimeouts.ResponseTimeout)]
    Task<ShardListing> ListClosedShards();

    /// <summary>Reads the status, record limit and creation time of the stream; concurrent calls share the reading.</summary>
    [Alias("DescribeStream")]
    [ResponseTimeout(ResponseTimeouts.ResponseTimeout)]
    Task<StreamDescription> DescribeStream();

    /// <summary>Adds failures to the stream's list.</summary>
    [Alias("ReportFailures")]
    [ResponseTimeout(ResponseTimeouts.ShortResponseTimeout)]
    Task ReportFailures(FailureReport report);

    /// <summary>Resumes the operation and the policy that are stored for the stream.</summary>
    [Alias("Wake")]
    [ResponseTimeout(ResponseTimeouts.ResponseTimeout)]
    Task Wake();

    /// <summary>Sets records aside as dead letters. They are stored durably when this call returns.</summary>
    [Alias("SetAside")]
    [ResponseTimeout(ResponseTimeouts.ResponseTimeout)]
    Task SetAside(DeadLetterReport report);
}
