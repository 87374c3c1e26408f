using Orleans.Kpl.Aws.Operations;
using Orleans.Kpl.Pipeline.Kinesis;

namespace Orleans.Kpl.Cli.Tail;

/// <summary>One stream, to be read. Each call throws <see cref="KinesisException"/> where it fails.</summary>
internal interface ITailSource
{
    /// <summary>All pages of ListShards.</summary>
    Task<IReadOnlyList<ShardDescription>> ListShardsAsync(ShardFilter filter, CancellationToken cancellationToken);

    Task<string> GetShardIteratorAsync(string shardId, ShardPosition position, CancellationToken cancellationToken);

    Task<RecordsPage> GetRecordsAsync(string shardIterator, CancellationToken cancellationToken);
}
