using Orleans.Kpl.Producer.Backlog;
using Orleans.Kpl.Producer.Tests.Logging;
using LocalEndpoint = Orleans.Kpl.Producer.Tests.Sockets.LocalKinesis;

namespace Orleans.Kpl.Producer.Tests.Backlog;

/// <summary>How far an embedded producer gave numbers, while it runs and when it has ended.</summary>
public sealed class EmbeddedNumbersTests : IDisposable
{
    private static readonly PutOptions Persisted = new() { AckLevel = AckLevel.Persisted };

    private readonly TemporaryFolder _temporary = new();

    private string Folder => _temporary.Path;

    public void Dispose() => _temporary.Dispose();

    [Fact]
    public async Task AProducer_TellsItsLastNumbers_AndLeavesThemInItsFolder()
    {
        await using var endpoint = await LocalEndpoint.StartAsync(shards: 2);
        LastNumbers running;
        await using (var producer = endpoint.Producer(Configure))
        {
            Assert.Empty((await LastAsync(producer)).Lines);
            await producer.PutAsync(LocalEndpoint.Stream, LocalEndpoint.Records(100));
            running = await LastAsync(producer);
            AssertProof(endpoint, running, 100);
            Assert.Empty(Left().Lines);
        }

        Assert.Equal(running.Lines, Left().Lines);
        await using var next = endpoint.Producer(Configure);
        await next.PutAsync(LocalEndpoint.Stream, LocalEndpoint.Records(50));
        AssertProof(endpoint, await LastAsync(next), 150);
        Assert.Empty((await next.Admin.GetLastNumbersAsync("others", TestContext.Current.CancellationToken)).Lines);
    }

    [Fact]
    public async Task AProducerWithoutNumbers_LeavesNothing()
    {
        await using var endpoint = await LocalEndpoint.StartAsync();
        await using (var producer = endpoint.Producer(o => o.Backlog.Directory = Folder))
        {
            await producer.PutAsync(LocalEndpoint.Stream, LocalEndpoint.Records(10));
            Assert.Empty((await LastAsync(producer)).Lines);
        }

        Assert.Empty(Directory.EnumerateFiles(Folder, "numbers", SearchOption.AllDirectories));
    }

    /// <summary>On an ordered stream without the setting, a record that goes to the backlog gets another number.</summary>
    [Theory]
    [InlineData(true, 0)]
    [InlineData(false, 1)]
    public async Task AnOrderedStream_TellsNumbersOnlyWhereTheyStay(bool hasFolder, int lines)
    {
        await using var endpoint = await LocalEndpoint.StartAsync(shards: 1);
        await using var producer = endpoint.Producer(o => (o.Ordered, o.Backlog.Directory) = (OrderedMode.PutRecords, hasFolder ? Folder : null));
        await producer.PutAsync(LocalEndpoint.Stream, LocalEndpoint.Records(10));
        Assert.Equal(lines, (await LastAsync(producer)).Lines.Count);
    }

    /// <summary>The list of failures ends with its process, and the records that failed are no losses that nobody told.</summary>
    [Fact]
    public async Task AProducerThatEnds_LeavesTheNumbersOfWhatFailed()
    {
        await using var endpoint = await LocalEndpoint.StartAsync();
        endpoint.Server.Kinesis.Faults.Add(new OutageFault());
        RecordResult[] results;
        await using (var producer = endpoint.Producer(o =>
        {
            Configure(o);
            o.RecordTtl = TimeSpan.FromMilliseconds(200);
        }))
        {
            results = await producer.PutAsync(LocalEndpoint.Stream, LocalEndpoint.Records(20));
        }

        var left = Left();
        Assert.Equal(results.Select(static r => r.ProducerNumber).Order(), left.Failed.Order());
        Assert.Equal((0L, true), (left.FailedBeyond, left.Lines.All(static l => !l.IsInBacklog)));
    }

    /// <summary>What waits in the folder may come, until a process has looked and delivered it.</summary>
    [Fact]
    public async Task AProducerThatLeavesRecordsInItsFolder_SaysSo_UntilTheyAreDelivered()
    {
        await using var endpoint = await LocalEndpoint.StartAsync(shards: 1);
        var outage = endpoint.Server.Kinesis.Faults.Add(new OutageFault());
        await using (var first = endpoint.Producer(Configure))
            await first.PutAsync(LocalEndpoint.Stream, LocalEndpoint.Records(30), Persisted);
        Assert.All(Left().Lines, static l => Assert.True(l.IsInBacklog));
        Assert.NotEmpty(Left().Lines);

        endpoint.Server.Kinesis.Faults.Remove(outage);
        await using (var second = endpoint.Producer(Configure))
        {
            await Waiting.UntilAsync(async () => (await second.Backlog.GetBacklogAsync(LocalEndpoint.Stream)).Records == 0);
            AssertProof(endpoint, await LastAsync(second), 30);
        }

        await using (var third = endpoint.Producer(Configure))
            await third.PutAsync(LocalEndpoint.Stream, LocalEndpoint.Records(1));
        AssertProof(endpoint, Left(), 31);
    }

    [Fact]
    public async Task AFileThatIsSomethingElse_IsAnErrorThatNamesIt_AndHoldsUpNoEnd()
    {
        await using var endpoint = await LocalEndpoint.StartAsync();
        await using (var producer = endpoint.Producer(Configure))
            await producer.PutAsync(LocalEndpoint.Stream, LocalEndpoint.Records(1));
        var file = Directory.EnumerateFiles(Folder, "numbers", SearchOption.AllDirectories).Single();
        await File.WriteAllTextAsync(file, "no numbers", TestContext.Current.CancellationToken);

        await using var next = endpoint.Producer(Configure);
        var error = await Assert.ThrowsAsync<StreamManagerException>(() => LastAsync(next));
        Assert.StartsWith($"what the backlog in {Folder} tells of the numbers of events cannot be read: ", error.Message, StringComparison.Ordinal);
        await next.PutAsync(LocalEndpoint.Stream, LocalEndpoint.Records(1));
    }

    /// <summary>Each stream has its file, and one that is damaged is replaced.</summary>
    [Fact]
    public async Task AFileThatIsSomethingElse_IsReplacedAtTheEnd_AndHoldsUpNoOtherStream()
    {
        await using var endpoint = await LocalEndpoint.StartAsync();
        string[] streams = ["a", "b", "c", LocalEndpoint.Stream];
        foreach (var stream in streams[..3])
            await endpoint.Server.Kinesis.CreateStreamAsync(stream, 1);
        Directory.CreateDirectory(Path.Combine(Folder, "b"));
        var log = new CapturedLog();
        await using (var producer = endpoint.Producer(Configure, log))
        {
            foreach (var stream in streams)
                await producer.PutAsync(stream, LocalEndpoint.Records(1));
            await File.WriteAllTextAsync(Path.Combine(Folder, "b", "numbers"), "no numbers", TestContext.Current.CancellationToken);
        }

        Assert.All(streams, stream => Assert.NotEmpty(EmbeddedNumbers.Read(Folder, stream).Lines));
        Assert.Single(log.Texts, static l => l.StartsWith(
            "b: 'kpl verify' will not know what came after the last numbers that it sees: what producers that have ended told of the numbers of b",
            StringComparison.Ordinal));
    }

    private static Task<LastNumbers> LastAsync(KplProducer producer) =>
        producer.Admin.GetLastNumbersAsync(LocalEndpoint.Stream, TestContext.Current.CancellationToken);

    /// <summary>Each number that was given is there; without the newest record it is missing.</summary>
    private static void AssertProof(LocalEndpoint endpoint, LastNumbers told, int records)
    {
        var all = Judge(endpoint, told, without: null);
        Assert.Equal(((long)records, 0L, 0L, 0, true), (all.Records, all.Missing, all.UnderWay, all.LinesWithoutEnd, all.IsProof));
        Assert.True(ProducerNumber.TryParse(told.Lines[0].ProducerNumber, out var newest));
        Assert.Equal(
            [new NumberRange(DeliveryFault.Missing, newest.Producer, newest.Line, newest.Number, newest.Number)], Judge(endpoint, told, newest).Faults);
    }

    private static DeliveryReport Judge(LocalEndpoint endpoint, LastNumbers told, ProducerNumber? without)
    {
        var verifier = new DeliveryVerifier(
            new DeliveryWindow(DateTimeOffset.UnixEpoch, DateTimeOffset.MaxValue) { RecordTtl = TimeSpan.Zero, IsFromCreation = true });
        foreach (var record in endpoint.Server.Kinesis.GetApplied(LocalEndpoint.Stream))
        {
            foreach (var member in Aggregates.Read(record.Data, record.PartitionKey).Where(m => m.ProducerNumber != without))
                verifier.Note(member.ProducerNumber, record.ShardId, record.ArrivedAt);
        }

        foreach (var line in told.Lines)
        {
            Assert.True(ProducerNumber.TryParse(line.ProducerNumber, out var last));
            verifier.NoteLast(last, line.BegunAt, line.GivenAt, line.IsInBacklog);
        }

        return verifier.GetReport(DateTimeOffset.UtcNow.AddMinutes(1));
    }

    private void Configure(KplOptions options) => (options.ProducerNumbers, options.Backlog.Directory) = (true, Folder);

    private LastNumbers Left() => EmbeddedNumbers.Read(Folder, LocalEndpoint.Stream);
}
