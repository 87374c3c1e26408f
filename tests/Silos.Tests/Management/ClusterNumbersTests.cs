using Orleans.Kpl.Pipeline.Kinesis;
using Orleans.Kpl.Pipeline.Numbers;
using Orleans.Kpl.Pipeline.State;
using Orleans.Kpl.Pipeline.Tests.Backlog.Storing;
using Orleans.Kpl.Pipeline.Tests.Telemetry;
using Orleans.Kpl.Producer.Tests.Logging;
using Orleans.Kpl.Silos.Management;
using Orleans.Kpl.Silos.Tests.Backlog;
using Orleans.Kpl.Silos.Tests.Leases;
using Orleans.Kpl.Silos.Tests.Nodes;

namespace Orleans.Kpl.Silos.Tests.Management;

/// <summary>How far the silos of a cluster gave numbers: those that run, and those that left in good order.</summary>
/// <remarks>Tests <see cref="Silos.Management.StreamSums"/> and <see cref="Silos.Draining.ClusterDrain"/>.</remarks>
public sealed class ClusterNumbersTests
{
    /// <summary>Fronts give numbers for the shards of others, and owners for their own.</summary>
    [Fact]
    public async Task TwoSilos_TellEachNumberThatTheyGave_AndTheNewestIsMissedWhereItIsLost()
    {
        await using var world = new NodeWorld(shards: 8, static o => o.ProducerNumbers = true);
        var (one, two) = (await world.StartAsync(), await world.StartAsync());
        await one.DeliverAsync(200);
        await two.DeliverAsync(200, first: 200);

        var told = await AskAsync(world);

        Assert.Equal(2, told.Lines.Select(static l => l.ProducerNumber[..16]).Distinct().Count());
        Assert.Empty(told.NotCovered);
        AssertProof(world, told, 400);
    }

    [Fact]
    public async Task ASiloThatLeaves_LeavesItsNumbers_AndOneThatIsLostDoesNot()
    {
        await using var world = new NodeWorld(shards: 8, static o => o.ProducerNumbers = true);
        var (one, two, three) = (await world.StartAsync(), await world.StartAsync(), await world.StartAsync());
        await one.DeliverAsync(100);
        await two.DeliverAsync(100, first: 100);
        await three.DeliverAsync(100, first: 200);
        await world.StopAsync(two);
        AssertProof(world, await AskAsync(world), 300);

        world.Kill(three);
        var told = await AskAsync(world);

        Assert.Equal(2, told.Lines.Select(static l => l.ProducerNumber[..16]).Distinct().Count());
        var report = Judge(world, told, without: null);
        Assert.Equal((0L, true), (report.Missing, report.LinesWithoutEnd > 0));
    }

    /// <summary>For as long as it drained, nobody told of its lines, and nothing said so.</summary>
    [Fact]
    public async Task ASiloThatLeaves_IsAskedUntilItHasLeft_AndEachLineIsToldOnce()
    {
        await using var world = new NodeWorld(shards: 8, static o => (o.ProducerNumbers, o.RequestTimeout) = (true, Waiting.Long));
        var (one, two) = (await world.StartAsync(), await world.StartAsync());
        await one.DeliverAsync(100);
        var held = world.Kinesis.HoldPuts();
        var calls = world.Kinesis.Calls.Count;
        var put = two.DeliverAsync(100, first: 100);
        await Waiting.UntilAsync(() => world.Kinesis.Calls.Count > calls);
        var draining = two.Node.Drain.DrainAsync();
        await Waiting.UntilAsync(() => !one.Node.Silos.Owners.Contains(two.Id));

        var (leaving, own) = (await AskAsync(world), two.Node.Producer.NumbersOf(NodeWorld.Stream).Lines[0].ProducerNumber[..16]);
        held.SetResult();
        await Task.WhenAll(put, draining).WaitAsync(Waiting.Long);
        var drained = await AskAsync(world);

        Assert.Contains(leaving.Lines, l => l.ProducerNumber.StartsWith(own, StringComparison.Ordinal));
        Assert.Empty(leaving.NotCovered);
        Assert.Distinct(drained.Lines.Select(static l => l.ProducerNumber));
        AssertProof(world, drained, 200);
    }

    /// <summary>Of two silos that are cut off from each other neither is declared dead: ledgers could not be read, and nothing said why.</summary>
    [Fact]
    public async Task ASiloThatDoesNotAnswer_IsNamedByTheNumbersAndTheLedger_AndByWhatTheBacklogLacks()
    {
        var logs = new CapturedLog();
        await using var world = new NodeWorld(shards: 2, static o => o.ProducerNumbers = true) { Loggers = logs };
        var (one, two) = (await world.StartAsync(), await world.StartAsync());
        await one.DeliverAsync(10);
        two.IsSilent = true;
        var told = await AskAsync(world);
        var books = await AskAsync(world, static m => m.LedgerAsync());
        var error = await Assert.ThrowsAsync<StreamManagerException>(() => AskAsync(world, static m => m.BacklogAsync()));
        await Assert.ThrowsAsync<StreamManagerException>(() => AskAsync(world, static m => m.TotalAsync()));

        Assert.Equal([two.Id.ToString()], told.NotCovered);
        Assert.NotEmpty(told.Lines);
        Assert.Equal([one.Id.ToString()], books.Covered.Select(static c => c.Process));
        Assert.Equal([new MissingContributor { Process = two.Id.ToString(), State = MissingContributorState.Silent }], books.NotCovered);
        Assert.Contains($"{two.Id} is not known: it does not answer", error.Message, StringComparison.Ordinal);
        Assert.Contains(logs.Entries, e => e.Exception is not null && e.Line == $"Silo {two.Id} does not tell what it counts of stream {NodeWorld.Stream}");
    }

    [Fact]
    public async Task AStoreThatDoesNotAnswer_IsTold()
    {
        var away = new FailingRows { OnRead = static (kind, _) => kind == "numbers" ? new StateStoreException("away") : null };
        await using var world = new NodeWorld(shards: 2, static o => o.ProducerNumbers = true) { Rows = away };
        await (await world.StartAsync()).DeliverAsync(10);
        var error = await Assert.ThrowsAsync<StreamManagerException>(() => AskAsync(world));
        Assert.Equal((StreamManagerErrorCodes.StateUnavailable, "away"), (error.Code, error.Message));
    }

    /// <summary>What a silo left waits elsewhere, until it is delivered: its lines are in no backlog then, whatever it wrote when it left.</summary>
    [Fact]
    public async Task ASiloThatLeavesRecordsInItsBacklog_TellsThemAsWaiting_UntilAnotherHasDeliveredThem()
    {
        // The ledgers of this world count twice what one silo has left and another takes over.
        using var meters = LedgerTerms.Listen();
        await using var world = new NodeWorld(shards: 1, ShortDrain) { Backlog = new SharedStores(), Meters = meters };
        var (one, _) = (await world.StartAsync(), await world.StartAsync());
        world.Kinesis.BeforePut = static (_, _) => throw Down;
        await one.PersistAsync(30);
        await world.StopAsync(one);

        var waiting = await AskAsync(world);
        world.Kinesis.BeforePut = static (_, _) => ValueTask.CompletedTask;
        LastNumbers delivered = default!;
        await Waiting.UntilAsync(async () => !(delivered = await AskAsync(world)).Lines.Any(static l => l.IsInBacklog));
        await Waiting.UntilAsync(async () => (await AskAsync(world, static m => m.BacklogAsync())).Records == 0);

        Assert.NotEmpty(waiting.Lines);
        Assert.All(waiting.Lines, static l => Assert.True(l.IsInBacklog));
        Assert.Equal(waiting.Lines.Select(static l => l.ProducerNumber), delivered.Lines.Select(static l => l.ProducerNumber));
    }

    /// <summary>It kept them in its memory alone: after a restart nobody knew of its newest records, though the next silo had its folder.</summary>
    [Fact]
    public async Task ASiloThatIsAlone_LeavesItsNumbersBesideItsBacklog_ToTheNextOne()
    {
        using var meters = LedgerTerms.Listen();
        var (store, memory) = (new MemoryBacklogStore(), new StateStoreException("it ended with the process"));
        await using var world = new NodeWorld(shards: 1, ShortDrain)
        {
            OwnBacklog = store,
            Kept = new MemoryStateStore(),
            Rows = new FailingRows { OnRead = (k, _) => k == EndedNumbers.Kind ? memory : null, OnWrite = (k, _) => k == EndedNumbers.Kind ? memory : null },
            Meters = meters,
        };
        var one = await world.StartAsync();
        await one.DeliverAsync(10);
        world.Kinesis.BeforePut = static (_, _) => throw Down;
        await one.PersistAsync(30);
        var own = one.Node.Producer.NumbersOf(NodeWorld.Stream).Lines.Select(static l => l.ProducerNumber).Order();
        await world.StopAsync(one);

        // What the former one left is not known before the folder is read.
        store.Hang();
        await world.StartAsync();
        var unread = await AskAsync(world);
        store.Release();
        await Waiting.UntilAsync(async () => (await AskAsync(world, static m => m.BacklogAsync())).Records == 30);
        var waiting = await AskAsync(world);
        world.Kinesis.BeforePut = static (_, _) => ValueTask.CompletedTask;
        LastNumbers delivered = default!;
        await Waiting.UntilAsync(async () => !(delivered = await AskAsync(world)).Lines.Any(static l => l.IsInBacklog));

        Assert.All([unread, waiting, delivered], told => Assert.Equal(own, told.Lines.Select(static l => l.ProducerNumber).Order()));
        Assert.All([.. unread.Lines, .. waiting.Lines], static l => Assert.True(l.IsInBacklog));
        Assert.Equal(0, (await AskAsync(world, static m => m.BacklogAsync())).Records);
    }

    /// <summary>What a silo holds in its own backlog has its own numbers: in the lines of the others it hid losses for as long as an outage went on.</summary>
    [Fact]
    public async Task ASiloThatHoldsItsOwnRecords_MakesNoLineOfAnotherWait()
    {
        await using var world = new NodeWorld(shards: 1, ShortDrain) { Backlog = new SharedStores() };
        var (one, two) = (await world.StartAsync(), await world.StartAsync());
        await two.DeliverAsync(10);
        world.Kinesis.BeforePut = static (_, _) => throw Down;
        await one.PersistAsync(30);

        var told = await AskAsync(world);
        world.Kinesis.BeforePut = static (_, _) => ValueTask.CompletedTask;

        var own = one.Node.Producer.NumbersOf(NodeWorld.Stream).Lines.Select(static l => l.ProducerNumber[..16]).ToHashSet();
        Assert.Equal([false, true], told.Lines.Select(static l => l.IsInBacklog).Distinct().Order());
        Assert.All(told.Lines, l => Assert.Equal(own.Contains(l.ProducerNumber[..16]), l.IsInBacklog));
    }

    /// <summary>A dead letter is put again by any silo, under the number that a silo gave that has left with nothing in its backlog.</summary>
    [Fact]
    public async Task ADeadLetterThatAnotherSiloPutsAgain_MakesTheLineOfTheOneThatLeftWait()
    {
        await using var world = new NodeWorld(shards: 1, ShortDrain) { Backlog = new SharedStores() };
        var (one, _) = (await world.StartAsync(), await world.StartAsync());
        world.Kinesis.BeforePut = static (_, _) => throw new KinesisException(KinesisFailureKind.Refused, "ValidationException", "never", 400);
        await one.PersistAsync(1);
        await Waiting.UntilAsync(async () => (await AskAsync(world, static m => m.BacklogAsync())).DeadLetters == 1);
        await world.StopAsync(one);
        // While the other silo looks through the log that this one left, every line waits.
        await Waiting.UntilAsync(async () => (await AskAsync(world)).Lines is { Count: > 0 } lines && !lines.Any(static l => l.IsInBacklog));

        world.Kinesis.BeforePut = static (_, _) => throw Down;
        Assert.Equal(1, await AskAsync(world, static m => m.RequeueAsync(null)));

        var told = await AskAsync(world);
        world.Kinesis.BeforePut = static (_, _) => ValueTask.CompletedTask;
        Assert.NotEmpty(told.Lines);
        Assert.All(told.Lines, static l => Assert.True(l.IsInBacklog));

        // Once it is delivered no line waits for it: else a stream that never rests would hide losses until the silo ends.
        await Waiting.UntilAsync(async () => !(await AskAsync(world)).Lines.Any(static l => l.IsInBacklog));
        await Waiting.UntilAsync(async () => (await AskAsync(world, static m => m.BacklogAsync())).Records == 0);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task ARowThatCannotBeRead_IsNamedAndReplacedByTheNextSiloThatLeaves_OneThatIsRefusedIsNamed_AndNeitherHoldsUpOthers(bool isRefused)
    {
        var (rows, logs) = (new MemoryStateStore(), new CapturedLog());
        if (!isRefused)
            await rows.WriteAsync("numbers", "odd", 0, "no numbers", CancellationToken.None);
        await using var world = new NodeWorld(shards: 2, static o => o.ProducerNumbers = true)
        {
            Rows = new FailingRows(rows)
            {
                OnWrite = (kind, key) => isRefused && (kind, key) == ("numbers", "odd") ? new StateStoreException("refused") : null,
            },
            Loggers = logs,
        };
        var one = await world.StartAsync();
        string[] streams = ["odd", "a", "b", "c", NodeWorld.Stream];
        foreach (var stream in streams)
            Assert.True((await one.Node.Producer.PutAsync(stream, new UserRecord("k", new byte[1])).AsTask().WaitAsync(Waiting.Long)).IsSuccess);
        await world.StopAsync(one);

        foreach (var stream in streams.Skip(isRefused ? 1 : 0))
            Assert.NotEmpty((await EndedNumbers.ReadAsync(rows, stream, CancellationToken.None)).Lines);
        Assert.Single(logs.Texts, static l => l.Contains("odd: 'kpl verify' will not know", StringComparison.Ordinal));
    }

    /// <summary>Without the setting a record gets another number where it goes to another silo.</summary>
    [Fact]
    public async Task AnOrderedStreamWithoutTheSetting_TellsNone()
    {
        await using var world = new NodeWorld(shards: 2, static o => o.Ordered = OrderedMode.PutRecords);
        await (await world.StartAsync()).DeliverAsync(10);
        Assert.Empty((await AskAsync(world)).Lines);
    }

    private static Task<LastNumbers> AskAsync(NodeWorld world) => AskAsync(world, static m => m.LastNumbersAsync());

    private static Task<T> AskAsync<T>(NodeWorld world, Func<StreamManager, Task<T>> call) =>
        world.Managers.CallAsync(NodeWorld.Stream, call).WaitAsync(Waiting.Long);

    private static void AssertProof(NodeWorld world, LastNumbers told, int records)
    {
        var all = Judge(world, told, without: null);
        Assert.Equal(((long)records, 0L, 0L, 0), (all.Records - all.Duplicates, all.Missing, all.UnderWay, all.LinesWithoutEnd));
        foreach (var line in told.Lines)
        {
            Assert.True(ProducerNumber.TryParse(line.ProducerNumber, out var last));
            // Out of order is usual here: the records of a batch go to their shards side by side.
            var missing = Judge(world, told, last).Faults.Where(static f => f.Fault == DeliveryFault.Missing);
            Assert.Equal([new NumberRange(DeliveryFault.Missing, last.Producer, last.Line, last.Number, last.Number)], missing);
        }
    }

    private static DeliveryReport Judge(NodeWorld world, LastNumbers told, ProducerNumber? without)
    {
        var verifier = new DeliveryVerifier(
            new DeliveryWindow(DateTimeOffset.UnixEpoch, DateTimeOffset.MaxValue) { RecordTtl = TimeSpan.Zero, IsFromCreation = true });
        foreach (var record in world.Kinesis.Records.Where(r => r.VisibleToKcl && r.Number != without))
            verifier.Note(record.Number, record.ShardId, DateTimeOffset.UnixEpoch);
        foreach (var line in told.Lines)
        {
            Assert.True(ProducerNumber.TryParse(line.ProducerNumber, out var last));
            verifier.NoteLast(last, line.BegunAt, line.GivenAt, line.IsInBacklog);
        }

        return verifier.GetReport(DateTimeOffset.UtcNow.AddMinutes(1));
    }

    private static KinesisException Down => new(KinesisFailureKind.NotSent, "Down", "down");

    private static void ShortDrain(KplOptions options) => (options.ProducerNumbers, options.DrainTimeout) = (true, TimeSpan.FromMilliseconds(200));
}
