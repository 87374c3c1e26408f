using Orleans.Kpl.Pipeline.State;
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
        await PutAsync(one, 0, 200);
        await PutAsync(two, 200, 200);

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
        await PutAsync(one, 0, 100);
        await PutAsync(two, 100, 100);
        await PutAsync(three, 200, 100);
        await world.StopAsync(two);
        AssertProof(world, await AskAsync(world), 300);

        world.Kill(three);
        var told = await AskAsync(world);

        Assert.Equal(2, told.Lines.Select(static l => l.ProducerNumber[..16]).Distinct().Count());
        var report = Judge(world, told, without: null);
        Assert.Equal((0L, true), (report.Missing, report.LinesWithoutEnd > 0));
    }

    [Fact]
    public async Task ASiloThatDoesNotAnswer_IsNamed()
    {
        await using var world = new NodeWorld(shards: 2, static o => o.ProducerNumbers = true);
        var (one, two) = (await world.StartAsync(), await world.StartAsync());
        await PutAsync(one, 0, 10);
        two.IsSilent = true;
        var told = await AskAsync(world);
        two.IsSilent = false; // or the world waits for it to stop
        Assert.Equal([two.Id.ToString()], told.NotCovered);
        Assert.NotEmpty(told.Lines);
    }

    [Fact]
    public async Task AStoreThatDoesNotAnswer_IsTold()
    {
        await using var world = new NodeWorld(shards: 2, static o => o.ProducerNumbers = true) { Rows = new AwayRows() };
        await PutAsync(await world.StartAsync(), 0, 10);
        var error = await Assert.ThrowsAsync<StreamManagerException>(() => AskAsync(world));
        Assert.Equal((StreamManagerErrorCodes.StateUnavailable, "away"), (error.Code, error.Message));
    }

    /// <summary>Without the setting a record gets another number where it goes to another silo.</summary>
    [Fact]
    public async Task AnOrderedStreamWithoutTheSetting_TellsNone()
    {
        await using var world = new NodeWorld(shards: 2, static o => o.Ordered = OrderedMode.PutRecords);
        await PutAsync(await world.StartAsync(), 0, 10);
        Assert.Empty((await AskAsync(world)).Lines);
    }

    private static Task<LastNumbers> AskAsync(NodeWorld world) => world.Managers.Of(NodeWorld.Stream).LastNumbersAsync().WaitAsync(Waiting.Long);

    private static async Task PutAsync(WorldSilo silo, int first, int count)
    {
        UserRecord[] records = [.. Enumerable.Range(first, count).Select(static i => new UserRecord($"key-{i}", new byte[10]))];
        Assert.All(await silo.Node.Producer.PutAsync(NodeWorld.Stream, records).AsTask().WaitAsync(Waiting.Long), static r => Assert.True(r.IsSuccess));
    }

    private static void AssertProof(NodeWorld world, LastNumbers told, int records)
    {
        var all = Judge(world, told, without: null);
        Assert.Equal(((long)records, 0L, 0L, 0), (all.Records - all.Duplicates, all.Missing, all.UnderWay, all.LinesWithoutEnd));
        foreach (var line in told.Lines)
        {
            Assert.True(ProducerNumber.TryParse(line.ProducerNumber, out var last));
            Assert.Equal([new NumberRange(DeliveryFault.Missing, last.Producer, last.Line, last.Number, last.Number)], Judge(world, told, last).Faults);
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

    private sealed class AwayRows() : RowsOver(new MemoryStateStore())
    {
        public override Task<StateRow?> ReadAsync(string kind, string key, CancellationToken cancellationToken) =>
            kind == "numbers" ? throw new StateStoreException("away") : base.ReadAsync(kind, key, cancellationToken);
    }
}
