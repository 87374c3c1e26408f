using Orleans.Kpl.Pipeline.Kinesis;

namespace Orleans.Kpl.Silos.Links;

/// <summary>
/// Kinesis as another silo reaches it. Each call is one call to Kinesis there, with its settings of the stream. It may fail with any exception,
/// whether it was carried out or not.
/// </summary>
internal interface IKinesisRelay
{
    /// <summary>
    /// Sends Kinesis records of an unordered stream; null where the silo has no room for them, and nothing was sent. The caller may have given up before
    /// this completes: the link to a silo reads the entries' memory before it returns.
    /// </summary>
    /// <exception cref="KinesisException">What Kinesis answered, or that the silo does not reach it either.</exception>
    Task<IReadOnlyList<PutRecordsReplyEntry>?> PutRecordsAsync(string stream, ReadOnlyMemory<PutRecordsEntry> entries);

    /// <inheritdoc cref="IKinesisGateway.ListShardsAsync"/>
    Task<IReadOnlyList<ShardRange>> ListShardsAsync(string stream);

    /// <inheritdoc cref="IKinesisGateway.ListClosedShardsAsync"/>
    Task<IReadOnlyList<ShardRange>> ListClosedShardsAsync(string stream);

    /// <inheritdoc cref="IKinesisGateway.DescribeStreamSummaryAsync"/>
    Task<StreamSummary> DescribeAsync(string stream);
}
