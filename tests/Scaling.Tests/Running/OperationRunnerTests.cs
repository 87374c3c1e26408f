using Orleans.Kpl.Pipeline.State;
using Orleans.Kpl.Scaling.Operations;
using Orleans.Kpl.Scaling.Running;
using Orleans.Kpl.Silos.Tests.Leases;

namespace Orleans.Kpl.Scaling.Tests.Running;

public sealed class OperationRunnerTests
{
    private const string Stream = "events";

    private static readonly CancellationToken Never = CancellationToken.None;

    /// <summary>It was tried once, after the intent was gone. Where that failed, the policy's cool-down began with the change before.</summary>
    [Fact]
    public async Task End_WhereThePolicysStateCannotBeWritten_TriesUntilTheCoolDownIsKept()
    {
        var rows = new RefusingRows();

        var ended = await RunToEndAsync(rows);

        Assert.Equal(OperationState.Done, ended.State);
        Assert.Equal(ended.EndedAt, (await new PolicyStore(rows, Stream).StateAsync(Never)).LastEnded);
    }

    /// <summary>The operation stayed for ever, and with it none could begin any more.</summary>
    [Fact]
    public async Task Operation_WhosePolicyHasAStateThatCannotBeRead_EndsAllTheSame()
    {
        var rows = new MemoryStateStore();
        await rows.WriteAsync("policy-state", Stream, 0, "{", Never);

        Assert.Equal(OperationState.Done, (await RunToEndAsync(rows)).State);
    }

    /// <summary>Runs a split over these rows until its intent is gone. Returns what the history has of it.</summary>
    private static async Task<StreamOperation> RunToEndAsync(IStateStore rows)
    {
        var (time, stream) = (new FakeTimeProvider(), new ManagedStreamInMemory(1));
        var services = new AdminServices { Kinesis = stream, Store = rows, Time = time, Events = new QuietEvents() };
        var store = new OperationStore(rows, Stream, time, services.Events);
        await using var runner = new OperationRunner(stream, store, new PolicyStore(rows, Stream), services);
        var plan = ReshardPlanner.Split(Topologies.Context([.. stream.Shards]), "shard-0", SplitPoint.Middle);

        Assert.True(await runner.TryBeginAsync(ReshardOperation.Begin("one", Stream, stream.Created, plan, "a test", time.GetUtcNow()), Never));
        await Waiting.UntilAsync(async () =>
        {
            time.Advance(TimeSpan.FromSeconds(5));
            return await store.FindAsync(Never) is null;
        });
        return Assert.Single(await store.HistoryAsync(Never));
    }

    /// <summary>Rows of which the first state of a policy is refused.</summary>
    private sealed class RefusingRows() : RowsOver(new MemoryStateStore())
    {
        private int _states;

        public override Task<StateRow?> WriteAsync(string kind, string key, long over, string text, CancellationToken cancellationToken) =>
            kind == "policy-state" && _states++ == 0 ? throw new StateStoreException("away") : base.WriteAsync(kind, key, over, text, cancellationToken);
    }
}
