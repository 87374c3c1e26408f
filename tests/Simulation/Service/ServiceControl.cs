using Orleans.Kpl.Pipeline.Kinesis;

namespace Orleans.Kpl.Simulation.Service;

/// <summary>One process' way to double the shards of streams, within the account's quotas.</summary>
internal sealed class ServiceControl(KinesisService service, SimulatedProcess process) : ClosedControl
{
    /// <summary>In how many parts the shards change while UpdateShardCount is under way.</summary>
    private const int UpdateParts = 30;

    private readonly World _world = service.World;

    /// <summary>How long UpdateShardCount takes; AWS says "a few minutes".</summary>
    public TimeSpan UpdateTakes { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>Doubles the shards: each is split in its middle. Other numbers are refused.</summary>
    public override Task UpdateShardCountAsync(StreamTarget stream, int targetShardCount, CancellationToken cancellationToken) =>
        CallAsync(service.Quotas.Updates, stream, cancellationToken, there =>
        {
            if (targetShardCount != 2 * there.OpenShards.Count)
                throw new KinesisException(KinesisFailureKind.Refused, "InvalidArgumentException", "simulated: only doubling", 400);
            if (++there.Updates > AccountQuotas.UpdatesADay)
                throw ServiceErrors.OfCall("LimitExceededException");
            Double(there);
        });

    public override async ValueTask<AccountShards> DescribeLimitsAsync(StreamTarget stream, CancellationToken cancellationToken)
    {
        await CallAsync(service.Quotas.Limits, stream, cancellationToken, static _ => { }).ConfigureAwait(false);
        return new AccountShards(20_000, service.OpenShards);
    }

    /// <summary>Splits each shard in its middle, a part of them at a time, while reads and writes go on.</summary>
    private void Double(ServiceStream stream)
    {
        if (stream.IsUpdating)
            throw new KinesisException(KinesisFailureKind.Refused, "ResourceInUseException", "simulated: UPDATING", 400);
        stream.IsUpdating = true;
        var size = (stream.OpenShards.Count + UpdateParts - 1) / UpdateParts;
        var wait = UpdateTakes / (UpdateParts + 1);
        foreach (var (part, i) in stream.OpenShards.Select(static s => s.Range).Chunk(size).Select(static (c, i) => (c, i)))
            _world.After(wait * (i + 1), () => Split(stream, part));
        _world.After(UpdateTakes, () => stream.IsUpdating = false);
    }

    private static void Split(ServiceStream stream, IEnumerable<ShardRange> part)
    {
        var split = part.Select(static r => r.ShardId).ToHashSet(StringComparer.Ordinal);
        stream.Reshard([.. stream.OpenShards.Select(static s => s.Range).SelectMany(r => split.Contains(r.ShardId) ? Halves(r) : [Whole(r)])]);
    }

    private static (UInt128 First, UInt128 Last) Whole(ShardRange range) => (range.StartingHashKey, range.EndingHashKey);

    private static (UInt128 First, UInt128 Last)[] Halves(ShardRange range)
    {
        var middle = range.StartingHashKey + ((range.EndingHashKey - range.StartingHashKey) / 2);
        return [(range.StartingHashKey, middle), (middle + 1, range.EndingHashKey)];
    }

    private Task<bool> CallAsync(CallRate rate, StreamTarget stream, CancellationToken cancellationToken, Action<ServiceStream> carryOut)
    {
        var (request, answer) = (service.Weather.Draw(_world), service.Weather.Draw(_world));
        return RemoteCall.RunAsync(_world, process, CarryOut, new CallFate(request, answer), cancellationToken);

        bool CarryOut()
        {
            AccountQuotas.Take(rate, _world.Now);
            carryOut(service.Find(stream.Stream));
            return true;
        }
    }
}

/// <summary>Shards are changed by the world: managers ask for none.</summary>
internal class ClosedControl : IKinesisControl
{
    public Task SplitShardAsync(StreamTarget stream, string shardId, UInt128 newStartingHashKey, CancellationToken cancellationToken) => throw Refused();

    public Task MergeShardsAsync(StreamTarget stream, string shardId, string adjacentShardId, CancellationToken cancellationToken) => throw Refused();

    public virtual Task UpdateShardCountAsync(StreamTarget stream, int targetShardCount, CancellationToken cancellationToken) => throw Refused();

    public virtual ValueTask<AccountShards> DescribeLimitsAsync(StreamTarget stream, CancellationToken cancellationToken) => throw Refused();

    public ValueTask<StreamSummary> DescribeStreamSummaryAsync(StreamTarget stream, CancellationToken cancellationToken) => throw Refused();

    public ValueTask<string?> DescribeCommitmentAsync(StreamTarget stream, CancellationToken cancellationToken) => throw Refused();

    public Task ChangeCapacityAsync(StreamTarget stream, string streamArn, CapacityCall call, CancellationToken cancellationToken) => throw Refused();

    private static KinesisException Refused() => new(KinesisFailureKind.Refused, "AccessDeniedException", "simulated", 400);
}
