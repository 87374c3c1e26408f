using Orleans.Kpl.Pipeline.Kinesis;
using Orleans.Kpl.Silos.Relaying;
using Orleans.Kpl.Silos.Tests.Nodes;

namespace Orleans.Kpl.Silos.Tests.Relaying;

/// <summary>A manager whose silo does not reach Kinesis is asked for a change.</summary>
/// <remarks>Tests <see cref="MovingControl"/>.</remarks>
public sealed class MovingControlTests : IAsyncDisposable
{
    private static readonly StreamTarget Target = StreamTarget.Of(NodeWorld.Stream, new KplOptions().GetStream(NodeWorld.Stream));

    private static readonly Dictionary<string, Func<IKinesisControl, Task>> Changes = new()
    {
        ["split"] = static c => c.SplitShardAsync(Target, "shardId-000000000000", 7, CancellationToken.None),
        ["merge"] = static c => c.MergeShardsAsync(Target, "shardId-000000000000", "shardId-000000000001", CancellationToken.None),
        ["scale"] = static c => c.UpdateShardCountAsync(Target, 3, CancellationToken.None),
        ["capacity"] = static c => c.ChangeCapacityAsync(Target, "arn", new CapacityCall.MaxRecord(2_048), CancellationToken.None),
    };

    private readonly NodeWorld _world = new(shards: 2) { Time = new FakeTimeProvider() };
    private readonly List<SiloId> _moves = [];

    public static TheoryData<string> Kinds { get; } = [.. Changes.Keys];

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task Change_OnABrokenWay_MovesTheManagerToASiloThatReachesKinesis(string kind)
    {
        var (blind, other, silent, seeing) = (
            await _world.StartAsync(), await _world.StartAsync(), await _world.StartAsync(), await _world.StartAsync());
        (other.ReachesKinesis, silent.IsSilent) = (false, true);
        var (control, ways) = ControlOf(blind);

        await WhyNotAsync(ways, control);
        Assert.DoesNotContain("moves", await WhyNotAsync(Changes[kind](control)), StringComparison.Ordinal);
        await WhyNotAsync(ways, control);
        Assert.Empty(_moves);

        Assert.EndsWith($"The stream's manager moves to silo {seeing.Id}, which reaches Kinesis.", await WhyNotAsync(Changes[kind](control)), StringComparison.Ordinal);
        Assert.Equal([seeing.Id], _moves);
    }

    [Fact]
    public async Task Change_WhereNoSiloReachesKinesis_LeavesTheManagerWhereItIs()
    {
        var (blind, other) = (await _world.StartAsync(), await _world.StartAsync());
        other.ReachesKinesis = false;
        var (control, ways) = ControlOf(blind);
        await WhyNotAsync(ways, control);
        await WhyNotAsync(ways, control);

        Assert.Equal("no network", await WhyNotAsync(control.UpdateShardCountAsync(Target, 3, CancellationToken.None)));
        Assert.Empty(_moves);
    }

    /// <summary>A look at the capacity, as the dashboard takes, cost the manager its list of failures.</summary>
    [Fact]
    public async Task Describe_OnABrokenWay_LeavesTheManagerWhereItIs()
    {
        var blind = await _world.StartAsync();
        await _world.StartAsync();
        var (control, ways) = ControlOf(blind);
        for (var i = 0; i < 3; i++)
            await WhyNotAsync(ways, control);
        Assert.Empty(_moves);
    }

    public async ValueTask DisposeAsync() => await _world.DisposeAsync();

    private (MovingControl Control, KinesisWays Ways) ControlOf(WorldSilo silo)
    {
        var ways = new KinesisWays(silo.Node.Silos, new KplOptions(), _world.Time, NullLogger<KinesisWays>.Instance);
        return (new MovingControl(new NoWay(), ways, silo, _world.Time, _moves.Add), ways);
    }

    /// <summary>Reads the stream as its manager does, and returns why that fails.</summary>
    private static Task<string> WhyNotAsync(KinesisWays ways, MovingControl control) => WhyNotAsync(
        ways.StraightAsync(Target.Stream, () => control.DescribeStreamSummaryAsync(Target, CancellationToken.None)).AsTask());

    private static async Task<string> WhyNotAsync(Task call) => (await Assert.ThrowsAsync<KinesisException>(() => call.WaitAsync(Waiting.Long))).Message;

    /// <summary>A Kinesis that cannot be reached.</summary>
    private sealed class NoWay : IKinesisControl
    {
        public Task SplitShardAsync(StreamTarget stream, string shardId, UInt128 newStartingHashKey, CancellationToken cancellationToken) => throw Error();

        public Task MergeShardsAsync(StreamTarget stream, string shardId, string adjacentShardId, CancellationToken cancellationToken) => throw Error();

        public Task UpdateShardCountAsync(StreamTarget stream, int targetShardCount, CancellationToken cancellationToken) => throw Error();

        public Task ChangeCapacityAsync(StreamTarget stream, string streamArn, CapacityCall call, CancellationToken cancellationToken) => throw Error();

        public ValueTask<StreamSummary> DescribeStreamSummaryAsync(StreamTarget stream, CancellationToken cancellationToken) => throw Error();

        public ValueTask<AccountShards> DescribeLimitsAsync(StreamTarget stream, CancellationToken cancellationToken) => throw Error();

        public ValueTask<string?> DescribeCommitmentAsync(StreamTarget stream, CancellationToken cancellationToken) => throw Error();

        private static KinesisException Error() => new(KinesisFailureKind.NotSent, RecordErrorCodes.ConnectionFailed, "no network");
    }
}
