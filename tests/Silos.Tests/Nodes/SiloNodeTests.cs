using Orleans.Kpl.Pipeline.Kinesis;
using Orleans.Kpl.Pipeline.State;
using Orleans.Kpl.Producer.Tests.Logging;
using Orleans.Kpl.Silos.Tests.Backlog;
using Orleans.Kpl.Silos.Tests.Leases;

namespace Orleans.Kpl.Silos.Tests.Nodes;

/// <summary>Silos that are put together without Orleans do what silos do.</summary>
/// <remarks>Tests <see cref="SiloNode"/> and <see cref="Management.ClusterView"/>.</remarks>
public sealed class SiloNodeTests
{
    private const int Shards = 8;

    [Fact]
    public async Task Put_AtEverySilo_IsSentByTheOneOwnerOfEachShard()
    {
        await using var world = new NodeWorld(Shards);
        var (one, two) = (await world.StartAsync(), await world.StartAsync());

        var results = await Task.WhenAll(PutAsync(one, 0, 200), PutAsync(two, 200, 200));

        AssertVisible(world, [.. results[0], .. results[1]]);
        Assert.Equal(Shards, one.Node.Hosted.Count + two.Node.Hosted.Count);
        Assert.InRange(one.Node.Hosted.Count, 1, Shards - 1);
        var books = await world.Managers.Of(NodeWorld.Stream).LedgerAsync();
        Assert.Equal(new StreamLedger(400, 400, 0, 0, 0, 0, 0), books.Ledger);
        Assert.Equal([one.Id.ToString(), two.Id.ToString()], books.Covered.Select(static c => c.Process).Order(StringComparer.Ordinal));
    }

    [Theory]
    [InlineData(OrderedMode.Off)]
    [InlineData(OrderedMode.PutRecords)]
    public async Task ASilo_ThatLeaves_HandsItsShardsOver(OrderedMode mode)
    {
        await using var world = new NodeWorld(Shards, o => o.Ordered = mode);
        var (one, two) = (await world.StartAsync(), await world.StartAsync());
        var before = await PutAsync(one, 0, 200);
        var during = PutAsync(one, 200, 200);
        await world.StopAsync(two);
        var after = await PutAsync(one, 400, 200);

        AssertVisible(world, [.. before, .. await during, .. after]);
        Assert.Equal((Shards, 0), (one.Node.Hosted.Count, two.Node.Hosted.Count));
    }

    [Fact]
    public async Task TheHealthOfASilo_TellsThatTheSharedStateCannotBeUsed()
    {
        await using var world = new NodeWorld(shards: 1) { Rows = new RowsInTrouble() };
        Assert.Equal((RowsInTrouble.Since, "why"), (await world.StartAsync()).Node.Producer.Health.StateTrouble);
    }

    /// <summary>Callers waited for memory for as long as what another silo had of theirs may linger there.</summary>
    [Fact]
    public async Task AFrontThatIsFull_HasOthersSendWhatLingersThere()
    {
        var time = new FakeTimeProvider();
        var world = new NodeWorld(
            shards: 1, static o => (o.RecordTtl, o.RecordMaxBufferedTime, o.MaxOutstandingRecords) = (TimeSpan.FromHours(1), TimeSpan.FromMinutes(5), 20))
        {
            Time = time,
        };
        WorldSilo[] silos = [await world.StartAsync(), await world.StartAsync()];
        var first = silos[0].Node.Producer.PutAsync(NodeWorld.Stream, UserRecord.FromText("key", "x"), PutOptions.WithoutLinger).AsTask();
        await PassUntilAsync(() => first.IsCompleted);
        var (front, began) = (silos.Single(static s => s.Node.Hosted.Count == 0).Node.Producer, time.GetTimestamp());
        var puts = Enumerable.Range(0, 60).Select(i => front.EnqueueAsync(NodeWorld.Stream, UserRecord.FromText($"key-{i}", "x")).AsTask()).ToList();
        await PassUntilAsync(() => puts.TrueForAll(static p => p.IsCompleted));

        Assert.InRange(time.GetElapsedTime(began), TimeSpan.Zero, TimeSpan.FromMinutes(1));
        var disposed = world.DisposeAsync().AsTask();
        await PassUntilAsync(() => disposed.IsCompleted);
        await disposed;

        Task PassUntilAsync(Func<bool> isSo) => time.PassUntilAsync(isSo, TimeSpan.FromMilliseconds(50));
    }

    /// <summary>It sends for others alone: each reading of the shards counted as the end of the trouble, although no put was taken.</summary>
    [Fact]
    public async Task AnOwner_WhoseCallsFail_IsDegradedUntilOneIsTaken_AlsoWhereAllRecordsAreOfOthers()
    {
        var time = new FakeTimeProvider();
        var world = new NodeWorld(shards: 1, static o => o.RecordTtl = TimeSpan.FromHours(1)) { Time = time };
        WorldSilo[] silos = [await world.StartAsync(), await world.StartAsync()];
        var first = silos[0].Node.Producer.PutAsync(NodeWorld.Stream, UserRecord.FromText("key", "x")).AsTask();
        await PassUntilAsync(() => first.IsCompleted);
        world.Kinesis.BeforePut = static (_, _) => throw new KinesisException(KinesisFailureKind.Refused, "InternalFailure", "trouble", 500);
        var owner = silos.Single(static s => s.Node.Hosted.Count == 1).Node.Producer;
        var front = silos.Single(static s => s.Node.Hosted.Count == 0).Node.Producer;
        var put = front.PutAsync(NodeWorld.Stream, UserRecord.FromText("key", "x")).AsTask();
        await PassUntilAsync(() => owner.Health.DegradedSince is not null);
        var (since, until) = (owner.Health.DegradedSince, time.GetTimestamp() + TimeSpan.FromMinutes(2).Ticks);
        await PassUntilAsync(() => time.GetTimestamp() > until);

        Assert.Equal(since, owner.Health.DegradedSince);
        world.Kinesis.BeforePut = static (_, _) => ValueTask.CompletedTask;
        await PassUntilAsync(() => put.IsCompleted);
        Assert.Null(owner.Health.DegradedSince);
        var disposed = world.DisposeAsync().AsTask();
        await PassUntilAsync(() => disposed.IsCompleted);
        await disposed;

        Task PassUntilAsync(Func<bool> isSo) => time.PassUntilAsync(isSo, TimeSpan.FromMilliseconds(50));
    }

    /// <summary>A line of the log ended the work that told it: no shard opened, and no record ended.</summary>
    [Fact]
    public async Task Silos_WhoseLogThrows_WorkAllTheSame()
    {
        var log = new CapturedLog { Throws = true };
        await using var world = new NodeWorld(Shards) { Loggers = log };
        var (one, two) = (await world.StartAsync(), await world.StartAsync());
        var before = await PutAsync(one, 0, 200);
        await world.StopAsync(two);
        var after = await PutAsync(one, 200, 200);

        AssertVisible(world, [.. before, .. after]);
        Assert.Equal(Shards, one.Node.Hosted.Count);
        Assert.NotEqual(0, log.Thrown);
    }

    [Fact]
    public async Task ALogOfASiloThatIsLost_IsReplayedByAnother()
    {
        await using var world = new NodeWorld(Shards) { Backlog = new SharedStores() };
        var (one, two) = (await world.StartAsync(), await world.StartAsync());
        await PutAsync(one, 0, 10);
        // From here on no call is applied: what is persisted stays in the log of the second silo.
        world.Kinesis.BeforePut = static (_, _) => throw new KinesisException(KinesisFailureKind.NotSent, "Down", "down");
        var options = new PutOptions { AckLevel = AckLevel.Persisted };
        var persisted = await two.Node.Producer.PutAsync(NodeWorld.Stream, new UserRecord("kept", "x"u8.ToArray()), options).AsTask().WaitAsync(Waiting.Long);
        Assert.Equal(RecordStatus.Persisted, persisted.Status);
        world.Kill(two);
        world.Kinesis.BeforePut = static (_, _) => ValueTask.CompletedTask;

        await Waiting.UntilAsync(() => world.Kinesis.Records.Any(static r => r.Key == "kept" && r.VisibleToKcl));
    }

    [Fact]
    public async Task ASilo_WhosePeerNeverAnswers_StopsWithinItsStopTimeout()
    {
        await using var world = new NodeWorld(Shards, static o => (o.StopTimeout, o.DrainTimeout) = (TimeSpan.FromSeconds(2), TimeSpan.FromSeconds(1)));
        var (one, two) = (await world.StartAsync(), await world.StartAsync());
        await PutAsync(two, 0, 100);
        one.IsSilent = true;

        var stopping = TimeProvider.System.GetTimestamp();
        await two.Node.StopAsync().WaitAsync(Waiting.Long);

        Assert.InRange(TimeProvider.System.GetElapsedTime(stopping), TimeSpan.Zero, TimeSpan.FromSeconds(2 + 30));
        Assert.Equal(0, two.Node.Producer.OutstandingRecords);
    }

    /// <summary>It was looking for the logs of silos that are gone; the others find them when this one is gone.</summary>
    [Fact]
    public async Task ASilo_WhoseStoreNeverAnswers_StopsWithinItsStopTimeout()
    {
        var rows = new SilentRows();
        await using var world = new NodeWorld(Shards, static o => (o.StopTimeout, o.DrainTimeout) = (TimeSpan.FromSeconds(2), TimeSpan.FromSeconds(1)))
        {
            Backlog = new SharedStores(), Rows = rows,
        };
        var silo = await world.StartAsync();
        await rows.Asked.WaitAsync(Waiting.Long);

        var stopping = TimeProvider.System.GetTimestamp();
        await silo.Node.StopAsync().WaitAsync(Waiting.Long);
        rows.Answer();
        Assert.InRange(TimeProvider.System.GetElapsedTime(stopping), TimeSpan.Zero, TimeSpan.FromSeconds(2 + 30));
    }

    [Fact]
    public async Task Report_WhereASiloNeverAnswers_TellsItAsSilentAndTheOthersAsTheyAre()
    {
        await using var world = new NodeWorld(shards: 4);
        var (one, two) = (await world.StartAsync(), await world.StartAsync());
        two.IsSilent = true;

        var reports = await one.Node.View.ReportAsync(NodeWorld.Stream, CancellationToken.None).WaitAsync(Waiting.Long);
        two.IsSilent = false; // or the world waits for it to stop

        Assert.Equal(["active", "silent"], reports.OrderBy(r => r.State).Select(r => r.State));
        Assert.All(reports, static r => Assert.Null(r.LostAt));
        Assert.Equal(one.Node.Silos.Self.ToString(), reports.Single(r => r.State == "active").Process);
    }

    private static async Task<RecordResult[]> PutAsync(WorldSilo silo, int first, int count)
    {
        UserRecord[] records = [.. Enumerable.Range(first, count).Select(static i => new UserRecord($"key-{i}", new byte[10]))];
        return await silo.Node.Producer.PutAsync(NodeWorld.Stream, records).AsTask().WaitAsync(Waiting.Long);
    }

    private static void AssertVisible(NodeWorld world, IReadOnlyList<RecordResult> results)
    {
        var places = world.Kinesis.Records.Where(static r => r.VisibleToKcl).Select(static r => (r.ShardId, r.SequenceNumber, r.SubSequence)).ToHashSet();
        Assert.All(results, r => Assert.True(r.IsSuccess && places.Contains((r.ShardId!, r.SequenceNumber!, (int)r.SubSequenceNumber)), r.ToString()));
    }

    /// <summary>Rows whose lists are not answered before <see cref="Answer"/>, whoever cancels.</summary>
    private sealed class SilentRows() : RowsOver(new MemoryStateStore())
    {
        private readonly TaskCompletionSource _asked = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly TaskCompletionSource _answered = new(TaskCreationOptions.RunContinuationsAsynchronously);

        /// <summary>Completes when somebody has asked for a list.</summary>
        public Task Asked => _asked.Task;

        /// <summary>Answers all that was asked and will be.</summary>
        public void Answer() => _answered.SetResult();

        public override async Task<IReadOnlyList<StateRow>> ListAsync(string kind, CancellationToken cancellationToken)
        {
            _asked.TrySetResult();
            await _answered.Task;
            return [];
        }
    }

    private sealed class RowsInTrouble() : RowsOver(new MemoryStateStore()), IStateStore
    {
        public static readonly DateTimeOffset Since = new(2026, 1, 2, 14, 2, 5, TimeSpan.Zero);

        StoreTrouble? IStateStore.Trouble => new(Since, "why");
    }
}
