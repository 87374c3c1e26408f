using Orleans.Kpl.Aws.Operations;
using Orleans.Kpl.Pipeline.Kinesis;

namespace Orleans.Kpl.Cli.Tail;

/// <summary>Reads one stream. Each call throws <see cref="KinesisException"/> when it fails.</summary>
internal interface ITailSource
{
    /// <summary>Lists the shards on all pages of ListShards.</summary>
    Task<IReadOnlyList<ShardDescription>> ListShardsAsync(ShardFilter filter, CancellationToken cancellationToken);

    Task<string> GetShardIteratorAsync(string shardId, ShardPosition position, CancellationToken cancellationToken);

    Task<RecordsPage> GetRecordsAsync(string shardIterator, CancellationToken cancellationToken);
}
