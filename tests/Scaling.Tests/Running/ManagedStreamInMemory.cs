using Orleans.Kpl.Administration;
using Orleans.Kpl.Scaling.Running;

namespace Orleans.Kpl.Scaling.Tests.Running;

/// <summary>A stream that reshards at once, whose load is what a test says.</summary>
internal sealed class ManagedStreamInMemory(int shards, string name = "events") : IManagedStream, IKinesisControl
{
    private int _next = shards;

    public List<ShardRange> Shards { get; } = [.. Topologies.Even(shards).Select(static (s, i) => s with { ShardId = $"shard-{i}" })];

    public bool IsOnDemand { get; set; }

    public bool IsGone { get; set; }

    public string Status { get; set; } = "ACTIVE";

    public DateTimeOffset Created { get; set; } = DateTimeOffset.UnixEpoch;

    public int? WarmMiB { get; set; }

    public int RecordKiB { get; set; } = 1_024;

    public string? Commitment { get; set; } = "ENABLED";

    /// <summary>The demand of every shard in each of its last minutes, as a share of its bytes.</summary>
    public double Utilisation { get; set; }

    /// <summary>Whether no record was ever sent to the first shard.</summary>
    public bool IsFirstUnused { get; set; }

    /// <summary>Whether nobody owns the first shard: in a cluster its first record makes the owner.</summary>
    public bool IsFirstOwnerless { get; set; }

    /// <summary>Whether all owners answer.</summary>
    public bool IsWhole { get; set; } = true;

    /// <summary>How many minutes each shard remembers.</summary>
    public int Remembers { get; set; } = MinuteCounts.Kept;

    /// <summary>How often the loads were asked for.</summary>
    public int Looks { get; private set; }

    /// <summary>What reading the stream throws; null for nothing.</summary>
    public KinesisException? Unread { get; set; }

    /// <summary>What asking for the loads throws next; null for nothing.</summary>
    public Exception? LoadsThrow { get; set; }

    /// <summary>Called when the loads are asked for.</summary>
    public Action LoadsAsked { get; set; } = static () => { };

    /// <summary>What a refresh throws; null for nothing.</summary>
    public Exception? RefreshThrows { get; set; }

    /// <summary>Called when the account's quota is read.</summary>
    public Action LimitsAsked { get; set; } = static () => { };

    /// <summary>Called with what is done.</summary>
    public Action<string> Doing { get; set; } = static _ => { };

    /// <summary>What was done, in its order.</summary>
    public List<string> Done { get; } = [];

    /// <summary>What the next call answers in place of doing it; null for nothing.</summary>
    public KinesisException? Refusal { get; set; }

    public StreamTarget Target { get; } = new(name, null, TimeSpan.FromSeconds(1));

    public ValueTask<StreamSummary> DescribeAsync(CancellationToken cancellationToken) =>
        Unread is { } unread ? throw unread
        : IsGone ? throw new KinesisException(KinesisFailureKind.Refused, RecordErrorCodes.ResourceNotFound, "gone", 400)
        : new ValueTask<StreamSummary>(new StreamSummary("arn:aws:kinesis:us-east-1:000000000000:stream/events", Status, Created, RecordKiB, IsOnDemand, WarmMiB));

    /// <summary>Called when the shards are listed.</summary>
    public Action Listed { get; set; } = static () => { };

    public ValueTask<IReadOnlyList<ShardRange>> ListShardsAsync(CancellationToken cancellationToken)
    {
        Listed();
        return new([.. Shards]);
    }

    public IReadOnlyList<ShardRange> KnownShards => Shards;

    public Task AnnounceAsync(IReadOnlyList<UInt128> hashKeys, CancellationToken cancellationToken) => Note($"announce {hashKeys.Count}");

    public Task WithdrawAsync(IReadOnlyList<UInt128> hashKeys, CancellationToken cancellationToken) => Note($"withdraw {hashKeys.Count}");

    public Task RefreshAsync(CancellationToken cancellationToken) => RefreshThrows is { } thrown ? Task.FromException(thrown) : Task.CompletedTask;

    public Task<OwnedLoads> LoadsAsync(CancellationToken cancellationToken)
    {
        Looks++;
        LoadsAsked();
        if (LoadsThrow is { } thrown)
        {
            LoadsThrow = null;
            throw thrown;
        }

        var bytes = (long)(Utilisation * 60 * (1 << 20));
        var minute = new MinuteCount(0, Math.Min(bytes, 1), bytes, 0, bytes, 0);
        return Task.FromResult(new OwnedLoads(
            [.. Shards.Where(s => !IsFirstOwnerless || s.StartingHashKey > 0)
                .Select(s => new OwnedLoad("silo", s.ShardId, IsFirstUnused && s.StartingHashKey == 0
                ? null
                : new ShardLoadReport(s, [.. Enumerable.Repeat(minute, Remembers)], new double[LoadHistogram.Buckets], [])))],
            IsWhole));
    }

    public List<FailedRecord> Failed { get; } = [];

    public FailedRecordPage Failures(long after) => new() { Failures = [.. Failed.Where(f => f.Number > after)], Next = Failed.Count };

    public Task<ShardObservation?> FindObservationAsync(string shardId, string? owner, CancellationToken cancellationToken) =>
        Task.FromResult(Shards.Where(s => s.ShardId == shardId && owner == "silo").Select(s => new ShardObservation
        {
            ShardId = s.ShardId, StartingHashKey = s.StartingHashKey, EndingHashKey = s.EndingHashKey, Bucket = 0.5, ForeignShare = 0.25,
        }).FirstOrDefault());

    public Task SplitShardAsync(StreamTarget stream, string shardId, UInt128 newStartingHashKey, CancellationToken cancellationToken)
    {
        Refuse();
        var parent = Shards.Single(s => s.ShardId == shardId);
        Shards.Remove(parent);
        Shards.Add(new ShardRange($"shard-{_next++}", parent.StartingHashKey, newStartingHashKey - 1));
        Shards.Add(new ShardRange($"shard-{_next++}", newStartingHashKey, parent.EndingHashKey));
        return Note("split");
    }

    public Task MergeShardsAsync(StreamTarget stream, string shardId, string adjacentShardId, CancellationToken cancellationToken)
    {
        Refuse();
        var (low, high) = (Shards.Single(s => s.ShardId == shardId), Shards.Single(s => s.ShardId == adjacentShardId));
        Shards.Remove(low);
        Shards.Remove(high);
        Shards.Add(new ShardRange($"shard-{_next++}", low.StartingHashKey, high.EndingHashKey));
        return Note("merge");
    }

    public Task UpdateShardCountAsync(StreamTarget stream, int targetShardCount, CancellationToken cancellationToken)
    {
        Refuse();
        Shards.Clear();
        Shards.AddRange(Topologies.Even(targetShardCount).Select(s => s with { ShardId = $"shard-{_next++}" }));
        return Note($"update {targetShardCount}");
    }

    public ValueTask<AccountShards> DescribeLimitsAsync(StreamTarget stream, CancellationToken cancellationToken)
    {
        LimitsAsked();
        return new ValueTask<AccountShards>(new AccountShards(1_000, Shards.Count));
    }

    public ValueTask<StreamSummary> DescribeStreamSummaryAsync(StreamTarget stream, CancellationToken cancellationToken) => DescribeAsync(cancellationToken);

    public ValueTask<string?> DescribeCommitmentAsync(StreamTarget stream, CancellationToken cancellationToken) => new(Commitment);

    public Task ChangeCapacityAsync(StreamTarget stream, string streamArn, CapacityCall call, CancellationToken cancellationToken)
    {
        Refuse();
        switch (call)
        {
            case CapacityCall.Warm warm:
                WarmMiB = warm.MiBPerSecond;
                return Note($"warm {warm.MiBPerSecond}");
            case CapacityCall.MaxRecord limit:
                RecordKiB = limit.KiB;
                return Note($"limit {limit.KiB}");
            default:
                IsOnDemand = !IsOnDemand;
                return Note("mode");
        }
    }

    private Task Note(string what)
    {
        Doing(what);
        Done.Add(what);
        return Task.CompletedTask;
    }

    private void Refuse()
    {
        if (Refusal is { } refusal)
            throw refusal;
    }
}
