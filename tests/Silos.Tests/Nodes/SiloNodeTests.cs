using Microsoft.Extensions.Logging;
using Orleans.Kpl.Packed;
using Orleans.Kpl.Pipeline.Kinesis;
using Orleans.Kpl.Pipeline.State;
using Orleans.Kpl.Producer.Tests.Logging;
using Orleans.Kpl.Pipeline.Tests.Telemetry;
using Orleans.Kpl.Silos.Tests.Backlog;
using Orleans.Kpl.Silos.Tests.Leases;

namespace Orleans.Kpl.Silos.Tests.Nodes;

/// <summary>Silos that are put together without Orleans do what silos do.</summary>
/// <remarks>Tests <see cref="SiloNode"/> and <see cref="Management.ClusterView"/>.</remarks>
public sealed class SiloNodeTests
{
    private const int Shards = 8;

    private static readonly TimeSpan StopTimeout = TimeSpan.FromSeconds(2);

    [Fact]
    public async Task Put_AtEverySilo_IsSentByTheOneOwnerOfEachShard()
    {
        await using var world = new NodeWorld(Shards);
        var (one, two) = (await world.StartAsync(), await world.StartAsync());

        var results = await Task.WhenAll(one.PutAsync(200), two.PutAsync(200, first: 200));

        AssertVisible(world, [.. results[0], .. results[1]]);
        Assert.Equal(Shards, one.Node.Hosted.Count + two.Node.Hosted.Count);
        Assert.InRange(one.Node.Hosted.Count, 1, Shards - 1);
        var books = await world.Managers.CallAsync(NodeWorld.Stream, static m => m.LedgerAsync());
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
        var before = await one.PutAsync(200);
        var during = one.PutAsync(200, first: 200);
        await world.StopAsync(two);
        var after = await one.PutAsync(200, first: 400);

        AssertVisible(world, [.. before, .. await during, .. after]);
        Assert.Equal((Shards, 0), (one.Node.Hosted.Count, two.Node.Hosted.Count));
    }

    /// <summary>The call failed, so that the owner told them again for ever, and nothing that ended later.</summary>
    [Fact]
    public async Task Outcomes_ThatCannotBeRead_AreTaken_AndLogged()
    {
        var log = new CapturedLog();
        await using var world = new NodeWorld(Shards) { Loggers = log };
        var (one, two) = (await world.StartAsync(), await world.StartAsync());
        await one.PutAsync(200);

        await one.Node.Calls.TakeOutcomesAsync(new OutcomesFrame(two.Id, NodeWorld.Stream, [9, 9, 9]));

        var error = Assert.Single(log.Entries, static e => e.Exception is PackedFormatException);
        Assert.Equal(LogLevel.Error, error.Level);
        AssertVisible(world, await one.PutAsync(200, first: 200));
    }

    /// <summary>It failed there, and was let pass as that of a silo that is gone: what had not left was sent twice.</summary>
    [Fact]
    public async Task ASilo_ThatDrains_TakesAnnouncements_OfStreamsThatAreOpen()
    {
        await using var world = new NodeWorld(shards: 1, static o => o.RequestTimeout = Waiting.Long);
        var silo = await world.StartAsync();
        var held = world.Kinesis.HoldPuts();
        var put = silo.DeliverAsync(10);
        await Waiting.UntilAsync(() => !world.Kinesis.Calls.IsEmpty);
        var draining = silo.Node.Drain.DrainAsync();
        await Waiting.UntilAsync(() => silo.Node.Producer.Uses.IsClosed);

        var announced = Task.WhenAll(new[] { NodeWorld.Stream, "never-used" }.Select(s => silo.Node.Calls.AnnounceBoundariesAsync(s, [UInt128.One << 127])));
        held.SetResult();
        await announced.WaitAsync(Waiting.Long);
        await Task.WhenAll(put, draining).WaitAsync(Waiting.Long);
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
        await using var world = new NodeWorld(
            shards: 1, static o => (o.RecordTtl, o.RecordMaxBufferedTime, o.MaxOutstandingRecords) = (TimeSpan.FromHours(1), TimeSpan.FromMinutes(5), 20))
        {
            Time = time,
        };
        WorldSilo[] silos = [await world.StartAsync(), await world.StartAsync()];
        await world.PassAsync(silos[0].PutAsync(1, options: PutOptions.WithoutLinger));
        var (front, began) = (silos.Single(static s => s.Node.Hosted.Count == 0).Node.Producer, time.GetTimestamp());
        var puts = Enumerable.Range(0, 60).Select(i => front.EnqueueAsync(NodeWorld.Stream, UserRecord.FromText($"key-{i}", "x")).AsTask()).ToList();
        await world.PassAsync(Task.WhenAll(puts));

        Assert.InRange(time.GetElapsedTime(began), TimeSpan.Zero, TimeSpan.FromMinutes(1));
    }

    /// <summary>It sends for others alone: each reading of the shards counted as the end of the trouble, although no put was taken.</summary>
    [Fact]
    public async Task AnOwner_WhoseCallsFail_IsDegradedUntilOneIsTaken_AlsoWhereAllRecordsAreOfOthers()
    {
        var time = new FakeTimeProvider();
        await using var world = new NodeWorld(shards: 1, static o => o.RecordTtl = TimeSpan.FromHours(1)) { Time = time };
        WorldSilo[] silos = [await world.StartAsync(), await world.StartAsync()];
        await world.PassAsync(silos[0].DeliverAsync(1));
        world.Kinesis.BeforePut = static (_, _) => throw new KinesisException(KinesisFailureKind.Refused, "InternalFailure", "trouble", 500);
        var owner = silos.Single(static s => s.Node.Hosted.Count == 1).Node.Producer;
        var front = silos.Single(static s => s.Node.Hosted.Count == 0);
        var put = front.DeliverAsync(1);
        await time.PassUntilAsync(() => owner.Health.DegradedSince is not null, TimeSpan.FromMilliseconds(50));
        var (since, until) = (owner.Health.DegradedSince, time.GetTimestamp() + TimeSpan.FromMinutes(2).Ticks);
        await time.PassUntilAsync(() => time.GetTimestamp() > until, TimeSpan.FromSeconds(1));

        Assert.Equal(since, owner.Health.DegradedSince);
        world.Kinesis.BeforePut = static (_, _) => ValueTask.CompletedTask;
        await world.PassAsync(put);
        Assert.Null(owner.Health.DegradedSince);
    }

    /// <summary>A line of the log ended the work that told it: no shard opened, and no record ended.</summary>
    [Fact]
    public async Task Silos_WhoseLogThrows_WorkAllTheSame()
    {
        var log = new CapturedLog { Throws = true };
        await using var world = new NodeWorld(Shards) { Loggers = log };
        var (one, two) = (await world.StartAsync(), await world.StartAsync());
        var before = await one.PutAsync(200);
        await world.StopAsync(two);
        var after = await one.PutAsync(200, first: 200);

        AssertVisible(world, [.. before, .. after]);
        Assert.Equal(Shards, one.Node.Hosted.Count);
        Assert.NotEqual(0, log.Thrown);
    }

    [Fact]
    public async Task ALogOfASiloThatIsLost_IsReplayedByAnother()
    {
        await using var world = new NodeWorld(Shards) { Backlog = new SharedStores() };
        var (one, two) = (await world.StartAsync(), await world.StartAsync());
        await one.DeliverAsync(10);
        // From here on no call is applied: what is persisted stays in the log of the second silo.
        world.Kinesis.BeforePut = static (_, _) => throw new KinesisException(KinesisFailureKind.NotSent, "Down", "down");
        await two.PersistAsync(1, first: 10);
        world.Kill(two);
        world.Kinesis.BeforePut = static (_, _) => ValueTask.CompletedTask;

        await Waiting.UntilAsync(() => world.Kinesis.Records.Any(static r => r.Key == "key-10" && r.VisibleToKcl));
    }

    [Fact]
    public async Task ASilo_WhosePeerNeverAnswers_StopsWithinItsStopTimeout()
    {
        await using var world = new NodeWorld(Shards, ShortStop) { Time = new FakeTimeProvider() };
        var (one, two) = (await world.StartAsync(), await world.StartAsync());
        await world.PassAsync(two.DeliverAsync(100));
        one.IsSilent = true;

        await AssertStopsInTimeAsync(world, two);
        Assert.Equal(0, two.Node.Producer.OutstandingRecords);
    }

    /// <summary>It was looking for the logs of silos that are gone; the others find them when this one is gone.</summary>
    [Fact]
    public async Task ASilo_WhoseStoreNeverAnswers_StopsWithinItsStopTimeout()
    {
        var rows = new SilentRows();
        await using (var world = new NodeWorld(Shards, ShortStop) { Backlog = new SharedStores(), Rows = rows, Time = new FakeTimeProvider() })
        {
            var silo = await world.StartAsync();
            await rows.Asked.WaitAsync(Waiting.Long);

            await AssertStopsInTimeAsync(world, silo);
        }

        // Nor does its dispose wait for the look: a program with a silo of its own had to be killed.
        rows.Answer();
    }

    [Fact]
    public async Task Report_WhereASiloNeverAnswers_TellsItAsSilentAndTheOthersAsTheyAre()
    {
        await using var world = new NodeWorld(shards: 4);
        var (one, two) = (await world.StartAsync(), await world.StartAsync());
        two.IsSilent = true;

        var reports = await one.Node.View.ReportAsync(NodeWorld.Stream, CancellationToken.None).WaitAsync(Waiting.Long);

        Assert.Equal(["active", "silent"], reports.OrderBy(r => r.State).Select(r => r.State));
        Assert.All(reports, static r => Assert.Null(r.LostAt));
        Assert.Equal(one.Node.Silos.Self.ToString(), reports.Single(r => r.State == "active").Process);
    }

    private static async Task AssertStopsInTimeAsync(NodeWorld world, WorldSilo silo)
    {
        var (time, stopping) = ((FakeTimeProvider)world.Time, silo.Node.StopAsync());
        var began = time.GetTimestamp();
        await time.PassUntilAsync(() => stopping.IsCompleted || time.GetElapsedTime(began) >= StopTimeout, TimeSpan.FromMilliseconds(10));
        // Whatever is left now waits for threads, and those may be held up for long: time hardly goes on.
        await time.PassUntilAsync(() => stopping.IsCompleted, TimeSpan.FromMilliseconds(0.1));
        await stopping;
        Assert.InRange(time.GetElapsedTime(began), TimeSpan.Zero, 1.5 * StopTimeout);
    }

    private static void ShortStop(KplOptions options) => (options.StopTimeout, options.DrainTimeout) = (StopTimeout, StopTimeout / 2);

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

    /// <summary>It tried once a second for as long as the process lived, which may do other things after its silo has ended.</summary>
    [Fact]
    public async Task ASiloThatWasDisposed_TellsNoOutcomesAnyMore()
    {
        var time = new FakeTimeProvider();
        // What the origin is not told is delivered for one and unknown for the other.
        using var meters = LedgerTerms.Listen();
        await using var world = new NodeWorld(shards: 2, static o => (o.DrainTimeout, o.StopTimeout) = (TimeSpan.FromSeconds(2), TimeSpan.FromSeconds(4)))
        {
            Time = time, Meters = meters,
        };
        var (origin, owner) = (await world.StartAsync(), await world.StartAsync());
        await world.PassAsync(origin.DeliverAsync(60));
        origin.RefusesOutcomes = true;
        var put = origin.PutAsync(60);
        await time.PassUntilAsync(() => Volatile.Read(ref origin.OutcomesRefused) > 1, TimeSpan.FromMilliseconds(50));

        await world.PassAsync(world.StopAsync(owner));
        await world.PassAsync(owner.Node.DisposeAsync().AsTask());
        var refused = Volatile.Read(ref origin.OutcomesRefused);
        for (var i = 0; i < 5; i++)
            time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(refused, Volatile.Read(ref origin.OutcomesRefused));
        await world.PassAsync(put);
    }
}
