using Orleans.Kpl.Pipeline.Kinesis;

namespace Orleans.Kpl.Silos.Managing;

/// <summary>
/// The managers of the streams, one for each stream in the whole cluster, by the streams' canonical names. A call may fail with any
/// exception, whether it was carried out or not.
/// </summary>
internal interface IStreamManagers
{
    /// <summary>Reads the open shards; a reading that begins after the call. Calls at the same time share it.</summary>
    /// <exception cref="KinesisException">The manager's answer: Kinesis did not return them.</exception>
    Task<IReadOnlyList<ShardRange>> ListShardsAsync(string stream);

    /// <summary>Reads the closed shards that still hold records.</summary>
    /// <exception cref="KinesisException">The manager's answer: Kinesis did not return them.</exception>
    Task<IReadOnlyList<ShardRange>> ListClosedShardsAsync(string stream);

    /// <summary>Reads the status, record limit and creation time of the stream.</summary>
    /// <exception cref="KinesisException">The manager's answer: Kinesis did not return them.</exception>
    Task<StreamSummary> DescribeAsync(string stream);

    /// <summary>Adds failures to the stream's list.</summary>
    Task ReportFailuresAsync(string stream, FailureBatch failures);

    /// <summary>Keeps dead letters. They are durable when this returns; a report that comes twice is kept once.</summary>
    Task SetAsideAsync(string stream, DeadLetterBatch report);

    /// <summary>Continues the operation and the policy that are stored for the stream.</summary>
    Task WakeAsync(string stream);
}
