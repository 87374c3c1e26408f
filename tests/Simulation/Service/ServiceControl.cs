using Orleans.Kpl.Pipeline.Kinesis;

namespace Orleans.Kpl.Simulation.Service;

/// <summary>One process' way to change the shards of streams, within the account's quotas.</summary>
internal sealed class ServiceControl(KinesisService service, SimulatedProcess process) : IKinesisControl
{
    /// <summary>How long a split or merge takes.</summary>
    private static readonly TimeSpan Step = TimeSpan.FromSeconds(30);

    private readonly World _world = service.World;

    /// <summary>How long UpdateShardCount takes; AWS says "a few minutes".</summary>
    public TimeSpan UpdateTakes { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>In how many parts the shards change while UpdateShardCount is under way.</summary>
    public int UpdateParts { get; init; } = 30;

    public Task SplitShardAsync(StreamTarget stream, string shardId, UInt128 newStartingHashKey, CancellationToken cancellationToken) =>
        CallAsync(service.Quotas.Splits, stream, cancellationToken, there => Change(there, Step, 1, [(Find(there, shardId), newStartingHashKey)]));

    /// <exception cref="KinesisException">Nothing is merged here.</exception>
    public Task MergeShardsAsync(StreamTarget stream, string shardId, string adjacentShardId, CancellationToken cancellationToken) =>
        throw ServiceErrors.OfCall("AccessDeniedException");

    /// <summary>Doubles the shards: each is split in its middle. Other numbers are refused.</summary>
    public Task UpdateShardCountAsync(StreamTarget stream, int targetShardCount, CancellationToken cancellationToken) =>
        CallAsync(service.Quotas.Updates, stream, cancellationToken, there =>
        {
            if (targetShardCount != 2 * there.OpenShards.Count)
                throw new KinesisException(KinesisFailureKind.Refused, "InvalidArgumentException", "simulated: only doubling", 400);
            if (++there.Updates > AccountQuotas.UpdatesADay)
                throw ServiceErrors.OfCall("LimitExceededException");
            Change(there, UpdateTakes, UpdateParts, [.. there.OpenShards.Select(static s => (s.Range, MiddleOf(s.Range)))]);
        });

    public async ValueTask<AccountShards> DescribeLimitsAsync(StreamTarget stream, CancellationToken cancellationToken)
    {
        await CallAsync(service.Quotas.Limits, stream, cancellationToken, static _ => { }).ConfigureAwait(false);
        return new AccountShards(20_000, service.OpenShards);
    }

    /// <exception cref="KinesisException">Capacity is not administered here; this holds for the next two as well.</exception>
    public ValueTask<StreamSummary> DescribeStreamSummaryAsync(StreamTarget stream, CancellationToken cancellationToken) =>
        throw ServiceErrors.OfCall("AccessDeniedException");

    public ValueTask<string?> DescribeCommitmentAsync(StreamTarget stream, CancellationToken cancellationToken) =>
        throw ServiceErrors.OfCall("AccessDeniedException");

    public Task ChangeCapacityAsync(StreamTarget stream, string streamArn, CapacityCall call, CancellationToken cancellationToken) =>
        throw ServiceErrors.OfCall("AccessDeniedException");

    private static UInt128 MiddleOf(ShardRange range) => range.StartingHashKey + ((range.EndingHashKey - range.StartingHashKey) / 2) + 1;

    private static ShardRange Find(ServiceStream stream, string shardId) => stream.OpenShards.FirstOrDefault(s => s.Range.ShardId == shardId)?.Range
        ?? throw new KinesisException(KinesisFailureKind.Refused, RecordErrorCodes.ResourceNotFound, "simulated: no such shard", 400);

    /// <summary>Splits shards, a part of them at a time, while reads and writes go on.</summary>
    private void Change(ServiceStream stream, TimeSpan takes, int parts, List<(ShardRange Shard, UInt128 At)> splits)
    {
        if (stream.IsUpdating)
            throw new KinesisException(KinesisFailureKind.Refused, "ResourceInUseException", "simulated: UPDATING", 400);
        stream.IsUpdating = true;
        var size = (splits.Count + parts - 1) / parts;
        var wait = takes / (parts + 1);
        foreach (var (part, i) in splits.Chunk(size).Select(static (c, i) => (c, i)))
            _world.After(wait * (i + 1), () => Split(stream, part));
        _world.After(takes, () => stream.IsUpdating = false);
    }

    private static void Split(ServiceStream stream, (ShardRange Shard, UInt128 At)[] splits)
    {
        var cuts = splits.ToDictionary(static s => s.Shard.StartingHashKey, static s => s.At);
        stream.Reshard([.. stream.OpenShards.Select(static s => s.Range).SelectMany(r => cuts.TryGetValue(r.StartingHashKey, out var at)
            ? new[] { (r.StartingHashKey, at - 1), (at, r.EndingHashKey) }
            : [(r.StartingHashKey, r.EndingHashKey)])]);
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
