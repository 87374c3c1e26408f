using Microsoft.Extensions.Logging.Abstractions;
using Orleans.Kpl.Adapters.Files;
using Orleans.Kpl.Adapters.Logging;
using Orleans.Kpl.Aws;
using Orleans.Kpl.Pipeline;
using Orleans.Kpl.Pipeline.Backlog.Storing;
using Orleans.Kpl.Producer.Setup;
using LocalEndpoint = Orleans.Kpl.Producer.Tests.Sockets.LocalKinesis;

namespace Orleans.Kpl.Producer.Tests.Backlog;

/// <summary>A disk that is full for a while, under a whole producer.</summary>
public sealed class DiskFullTests
{
    private static readonly PutOptions Persisted = new() { AckLevel = AckLevel.Persisted };

    /// <summary>Nothing was deleted before the progress was saved, and that found no room: the disk stayed full for good.</summary>
    [Fact]
    public async Task DiskFull_OfTheBacklogItself_IsFreeOnceKinesisIsBack()
    {
        using var folder = new TemporaryFolder();
        await using var endpoint = await LocalEndpoint.StartAsync();
        var disk = new TroubledDisk();
        await using var producer = Create(endpoint, disk, folder);
        Assert.Equal(RecordStatus.Persisted, (await PutAsync(producer, 1)).Status);
        var outage = endpoint.Server.Kinesis.Faults.Add(new OutageFault());

        disk.Room = 5;
        var persisted = 1;
        RecordResult result;
        // Each is a segment of its own. One expires for want of room.
        while ((result = await PutAsync(producer, persisted + 1, Persisted with { TimeToLive = TimeSpan.FromSeconds(4) })).Status == RecordStatus.Persisted)
            persisted++;
        Assert.Equal((RecordStatus.Failed, RecordErrorCodes.BacklogFull), (result.Status, result.ErrorCode));
        Assert.InRange(persisted, 5, 8);
        Assert.Contains(": the disk is full, free space on it: No space left", (await StatusAsync(producer)).StoreError, StringComparison.Ordinal);
        Assert.Contains("the disk is full", producer.Health.BacklogError, StringComparison.Ordinal);
        endpoint.Server.Kinesis.Faults.Remove(outage);

        await Waiting.UntilAsync(async () => await StatusAsync(producer) is { Records: 0, StoreError: null });
        Assert.Equal(RecordStatus.Persisted, (await PutAsync(producer, 100)).Status);
        await Waiting.UntilAsync(() => !Directory.EnumerateFiles(folder.Path, "*.segment", SearchOption.AllDirectories).Any());
        Assert.Empty(Enumerable.Range(1, persisted).Append(100).Select(static n => $"key-{n}").Except(endpoint.Applied().Select(static r => r.Key)));
    }

    /// <summary>Delivering what lies there is what makes room.</summary>
    [Fact]
    public async Task DiskFull_BeforeTheStart_StartsAndDeliversWhatLiesThere()
    {
        using var folder = new TemporaryFolder();
        await using var endpoint = await LocalEndpoint.StartAsync();
        var outage = endpoint.Server.Kinesis.Faults.Add(new OutageFault());
        var disk = new TroubledDisk();
        await using (var first = Create(endpoint, disk, folder))
            Assert.Equal(RecordStatus.Persisted, (await PutAsync(first, 1)).Status);
        endpoint.Server.Kinesis.Faults.Remove(outage);

        disk.Room = 0;
        await using var second = Create(endpoint, disk, folder);
        await Waiting.UntilAsync(async () => await StatusAsync(second) is { Records: 0 });
        await Waiting.UntilAsync(async () => (await PutAsync(second, 2)).Status == RecordStatus.Persisted);
        await Waiting.UntilAsync(async () => await StatusAsync(second) is { Records: 0, StoreError: null });
        Assert.Equal(["key-1", "key-2"], endpoint.Applied().Select(static r => r.Key).Distinct().Order());
    }

    private static async Task<RecordResult> PutAsync(KplProducer producer, int number, PutOptions? options = null) =>
        await producer.PutAsync(LocalEndpoint.Stream, LocalEndpoint.Record(number), options ?? Persisted, TestContext.Current.CancellationToken);

    private static Task<BacklogStatus> StatusAsync(KplProducer producer) =>
        producer.Backlog.GetBacklogAsync(LocalEndpoint.Stream, TestContext.Current.CancellationToken);

    private static KplProducer Create(LocalEndpoint endpoint, TroubledDisk disk, TemporaryFolder folder)
    {
        var options = endpoint.Options(
            o => (o.RecordTtl, o.BackoffMax, o.DrainTimeout) = (LocalEndpoint.Long, TimeSpan.FromMilliseconds(200), TimeSpan.FromSeconds(1)));
        var gateway = KinesisClient.Create(options.Kinesis, TimeProvider.System);
        var store = FileBacklogStore.Open(disk, folder.Path, BacklogSync.Never);
        var log = new PipelineLog(NullLogger.Instance, TimeProvider.System, logKeys: false);
        var pipeline = new ProducerPipeline(options, gateway, log, TimeProvider.System, new Random(1), backlog: new BacklogServices { Store = store });
        return new KplProducer(new ProducerParts(pipeline, options, gateway, TimeProvider.System, log, NullLogger.Instance, store));
    }
}
