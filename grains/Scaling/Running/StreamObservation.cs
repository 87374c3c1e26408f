using System.Text.Json;
using Orleans.Kpl.Pipeline.Kinesis;
using Orleans.Kpl.Pipeline.Load;
using Orleans.Kpl.Scaling.Operations;
using Orleans.Kpl.Scaling.Planning;
using Orleans.Kpl.Scaling.Policy;

namespace Orleans.Kpl.Scaling.Running;

/// <summary>The input of a plan or a decision, read once.</summary>
internal sealed class StreamObservation(StreamSnapshot look, OwnedLoads loads)
{
    private readonly Dictionary<string, OwnedLoad> _loads = OneOfEach(loads.Loads).ToDictionary(static l => l.ShardId, StringComparer.Ordinal);

    public StreamSnapshot Look => look;

    /// <summary>Gets the quotas; unknown until they were read.</summary>
    public ReshardQuotas Quotas { get; private set; } = ReshardQuotas.Unknown;

    /// <summary>Reads the stream itself.</summary>
    /// <exception cref="KinesisException">Kinesis did not answer, or refused.</exception>
    public static async Task<StreamSnapshot> LookAsync(IManagedStream stream, CancellationToken cancellationToken)
    {
        var summary = await stream.DescribeAsync(cancellationToken).ConfigureAwait(false);
        var shards = await stream.ListShardsAsync(cancellationToken).ConfigureAwait(false);
        return new StreamSnapshot(summary, [.. shards.OrderBy(static s => s.StartingHashKey)]);
    }

    /// <summary>Reads the stream for an operation: its shards only while it is ACTIVE. Null where there is no such stream.</summary>
    /// <exception cref="KinesisException">Kinesis did not answer, or refused.</exception>
    public static async Task<StreamSnapshot?> FindAsync(IManagedStream stream, CancellationToken cancellationToken)
    {
        try
        {
            var summary = await stream.DescribeAsync(cancellationToken).ConfigureAwait(false);
            return new StreamSnapshot(summary, summary.Status == "ACTIVE" ? await stream.ListShardsAsync(cancellationToken).ConfigureAwait(false) : []);
        }
        catch (KinesisException e) when (e.Code == RecordErrorCodes.ResourceNotFound)
        {
            return null;
        }
    }

    /// <exception cref="KinesisException">Kinesis did not answer, or refused.</exception>
    public static async Task<StreamObservation> ReadAsync(IManagedStream stream, AdminServices services, bool needsQuotas, CancellationToken cancellationToken)
    {
        var look = await LookAsync(stream, cancellationToken).ConfigureAwait(false);
        var loads = await stream.LoadsAsync(cancellationToken).ConfigureAwait(false);
        var sight = new StreamObservation(look, loads);
        if (needsQuotas)
            await sight.ReadQuotasAsync(stream.Target, services, cancellationToken).ConfigureAwait(false);
        return sight;
    }

    /// <summary>
    /// Reads the quotas: how often UpdateShardCount was called for the stream is kept, the rest Kinesis tells. Without permission to read them, no plan is
    /// rejected for them. AWS allows an account one such call a second, for all its streams.
    /// </summary>
    public async Task ReadQuotasAsync(StreamTarget target, AdminServices services, CancellationToken cancellationToken)
    {
        try
        {
            var state = await new PolicyStore(services.Store, target.Stream).StateAsync(cancellationToken).ConfigureAwait(false);
            Quotas = Quotas with { UpdateShardCountsLeft = state.At(services.Time.GetUtcNow()).UpdateShardCountsLeft };
            var account = await services.Kinesis.DescribeLimitsAsync(target, cancellationToken).ConfigureAwait(false);
            Quotas = Quotas with { ShardsLeft = Math.Max(0, account.ShardLimit - account.OpenShardCount) };
        }
        catch (Exception e) when (e is KinesisException or JsonException)
        {
            services.Events.Troubled(target.Stream, "asking for the quotas", e);
        }
    }

    /// <summary>Returns one load of each shard. If two owners report the same shard, as after a move, the report with more minutes counts.</summary>
    public static IEnumerable<OwnedLoad> OneOfEach(IEnumerable<OwnedLoad> loads) =>
        loads.GroupBy(static l => l.ShardId).Select(static g => g.MaxBy(static l => l.Report?.Minutes.Count ?? -1)!);

    /// <summary>Returns the owner of a shard and the load it observed; null where the shard has no owner.</summary>
    public OwnedLoad? Of(ShardRange shard) => _loads.GetValueOrDefault(shard.ShardId);

    /// <exception cref="StreamManagerException">The listing has holes.</exception>
    public ReshardContext Context() => new(new ContiguousShards(Look.Shards))
    {
        Loads = [.. Look.Shards.Select(ReportOf).OfType<ShardLoadReport>()],
        Quotas = Quotas,
        IsOnDemand = Look.Summary.OnDemand,
    };

    /// <summary>Gets the shards without an owner, and those of which it has sent no record; none where an owner did not answer.</summary>
    public IEnumerable<(ShardRange Shard, string? Owner)> Unused => !loads.IsWhole
        ? []
        : Look.Shards.Select(s => (Shard: s, Load: Of(s))).Where(static s => s.Load is null or { Report: null }).Select(static s => (s.Shard, s.Load?.Owner));

    public ScalingObservation Observation(DateTimeOffset now, ScalingDecisionKind? running, bool isIdle, UnusedShards unused) => new()
    {
        Now = now,
        Shards = [.. Look.Shards.Select(s => new ShardDemand(s, [.. ReportOf(s)?.Whole ?? (loads.IsWhole ? unused.MinutesOf(s, Of(s)?.Owner) : [])]))],
        LoadOf = ReportOf,
        IsWhole = loads.IsWhole,
        IsOnDemand = Look.Summary.OnDemand,
        IsIdle = isIdle && Look.Summary.Status == "ACTIVE",
        Running = running,
        Quotas = Quotas,
    };

    /// <summary>Returns the load report of a shard. A report of another range is from another stream of that name.</summary>
    private ShardLoadReport? ReportOf(ShardRange shard) => Of(shard)?.Report is { } report
        && report.Range.StartingHashKey == shard.StartingHashKey && report.Range.EndingHashKey == shard.EndingHashKey ? report : null;
}
