using Orleans.Kpl.Administration;
using Orleans.Kpl.Pipeline.Kinesis;
using Orleans.Kpl.Pipeline.Load;

namespace Orleans.Kpl.Scaling.Running;

/// <summary>
/// One stream as its manager uses it: the answers of Kinesis, and all senders. For an embedded producer the only sender is its process, in a tier it
/// is every silo.
/// </summary>
internal interface IManagedStream
{
    /// <summary>Gets the target of calls for the stream.</summary>
    StreamTarget Target { get; }

    /// <exception cref="KinesisException">Kinesis did not answer, or refused.</exception>
    ValueTask<StreamSummary> DescribeAsync(CancellationToken cancellationToken);

    /// <summary>Lists the open shards, read after this was called.</summary>
    /// <exception cref="KinesisException">Kinesis did not answer, or refused.</exception>
    ValueTask<IReadOnlyList<ShardRange>> ListShardsAsync(CancellationToken cancellationToken);

    /// <summary>The open shards as they were last listed for records, without asking Kinesis; empty where they were not yet.</summary>
    IReadOnlyList<ShardRange> KnownShards { get; }

    /// <summary>Announces to all senders where new shards will start. Completes when no record that straddles such a boundary is in flight any more.</summary>
    Task AnnounceAsync(IReadOnlyList<UInt128> hashKeys, CancellationToken cancellationToken);

    /// <summary>Withdraws announced boundaries: no shards will start there.</summary>
    Task WithdrawAsync(IReadOnlyList<UInt128> hashKeys, CancellationToken cancellationToken);

    /// <summary>Requests all senders to read the shards again.</summary>
    Task RefreshAsync(CancellationToken cancellationToken);

    /// <summary>Gets what the sender of a shard sees of it now; null where nobody answers for it.</summary>
    /// <param name="owner">Its owner's name, as <see cref="LoadsAsync"/> gave it; null for an embedded producer.</param>
    Task<ShardObservation?> FindObservationAsync(string shardId, string? owner, CancellationToken cancellationToken);

    /// <summary>Gets the loads that the owners of the stream's shards observed.</summary>
    Task<OwnedLoads> LoadsAsync(CancellationToken cancellationToken);

    /// <summary>Gets records that ended without success, oldest first.</summary>
    /// <param name="after">The number of the last failure that the caller already has. Where the list was begun anew, all of it is returned.</param>
    FailedRecordPage Failures(long after);
}
