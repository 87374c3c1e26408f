using Orleans.Kpl.Pipeline.Kinesis;
using Orleans.Kpl.Pipeline.Load;

namespace Orleans.Kpl.Scaling.Running;

/// <summary>
/// One stream as whoever manages it meets it: what Kinesis says of it, and everybody who sends to it. Embedded that is one process, in a tier
/// every silo.
/// </summary>
internal interface IManagedStream
{
    /// <summary>Where calls for it go.</summary>
    StreamTarget Target { get; }

    /// <exception cref="KinesisException">Kinesis did not answer, or refused.</exception>
    ValueTask<StreamSummary> DescribeAsync(CancellationToken cancellationToken);

    /// <summary>The open shards, read after this was called.</summary>
    /// <exception cref="KinesisException">Kinesis did not answer, or refused.</exception>
    ValueTask<IReadOnlyList<ShardRange>> ListShardsAsync(CancellationToken cancellationToken);

    /// <summary>Tells everybody who sends where new shards will start; completes when no record that straddles one is in flight any more.</summary>
    Task AnnounceAsync(IReadOnlyList<UInt128> hashKeys, CancellationToken cancellationToken);

    /// <summary>No shards will start there.</summary>
    Task WithdrawAsync(IReadOnlyList<UInt128> hashKeys, CancellationToken cancellationToken);

    /// <summary>Everybody who sends is told to read the shards again.</summary>
    Task RefreshAsync(CancellationToken cancellationToken);

    /// <summary>What the owners of its shards saw of them.</summary>
    Task<IReadOnlyList<OwnedLoad>> LoadsAsync(CancellationToken cancellationToken);
}

/// <summary>What one shard's owner saw of it.</summary>
/// <param name="Owner">The owner's name; null for an embedded producer.</param>
/// <param name="ShardId">The shard.</param>
/// <param name="Report">What it saw; null where nothing was sent for it yet.</param>
internal sealed record OwnedLoad(string? Owner, string ShardId, ShardLoadReport? Report);
