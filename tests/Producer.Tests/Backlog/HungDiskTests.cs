using Orleans.Kpl.Adapters.Files;
using Orleans.Kpl.Adapters.Logging;
using Orleans.Kpl.Aws;
using Orleans.Kpl.Pipeline;
using Orleans.Kpl.Pipeline.Backlog.Storing;
using Orleans.Kpl.Producer.Setup;
using Orleans.Kpl.Producer.Tests.Logging;
using LocalEndpoint = Orleans.Kpl.Producer.Tests.Sockets.LocalKinesis;

namespace Orleans.Kpl.Producer.Tests.Backlog;

/// <summary>A disk whose calls do not return, such as a mount whose server is away, under a whole producer that ends.</summary>
public sealed class HungDiskTests : IDisposable
{
    private static readonly PutOptions Persisted = new() { AckLevel = AckLevel.Persisted };
    private static readonly TimeSpan Step = TimeSpan.FromMilliseconds(20);

    private readonly TemporaryFolder _folder = new();
    private readonly FakeTimeProvider _time = new();
    private readonly TroubledDisk _disk = new();
    private readonly CapturedLog _log = new();

    public void Dispose()
    {
        _disk.Answer();
        _folder.Dispose();
    }

    /// <summary>It waited for ever, and with it the program.</summary>
    [Fact]
    public async Task Dispose_WhileAWriteHangs_Ends_AndNobodyHasTheFolderBeforeTheWriteHasEnded()
    {
        await using var endpoint = await LocalEndpoint.StartAsync();
        var outage = endpoint.Server.Kinesis.Faults.Add(new OutageFault());
        var producer = Create(endpoint);
        Assert.Equal(RecordStatus.Persisted, (await PassAsync(PutAsync(producer, 1))).Status);
        _disk.Hang();
        var second = PutAsync(producer, 2);
        await _time.PassUntilAsync(() => _disk.Hanging > 0, Step);

        await PassAsync(EndAsync(producer));

        var result = await second;
        Assert.Equal((RecordStatus.Unknown, RecordErrorCodes.Shutdown), (result.Status, result.ErrorCode));
        Assert.Single(_log.Texts, static l => l.StartsWith(
            "The backlog was not closed within 5 s, because its disk does not answer. Still open: events. ", StringComparison.Ordinal));
        var refused = Assert.Throws<BacklogStoreException>(Open);
        Assert.EndsWith("One that has ended keeps its own while the disk does not answer", refused.Message, StringComparison.Ordinal);

        _disk.Answer();
        await EndOfLockAsync();
        endpoint.Server.Kinesis.Faults.Remove(outage);
        var next = Create(endpoint);
        await _time.PassUntilAsync(() => endpoint.Applied().Exists(static r => r.Key == "key-1"), Step);
        await PassAsync(EndAsync(next));
    }

    /// <summary>Even a lock is given up by a call, and that of a mount asks its server.</summary>
    [Fact]
    public async Task Dispose_WhileTheFolderCannotBeGivenUp_Ends()
    {
        await using var endpoint = await LocalEndpoint.StartAsync();
        var producer = Create(endpoint);
        await producer.Parts.Pipeline.Recovered;
        _disk.Hang();

        await PassAsync(EndAsync(producer));

        Assert.Single(_log.Texts, static l => l.Contains(" Still open: the folder. ", StringComparison.Ordinal));
        Assert.Throws<BacklogStoreException>(Open);
        _disk.Answer();
        await EndOfLockAsync();
    }

    private static async Task<bool> EndAsync(KplProducer producer)
    {
        // Its thread is the caller's: it must not be held.
        await Task.Run(async () => await producer.DisposeAsync());
        return true;
    }

    private static Task<RecordResult> PutAsync(KplProducer producer, int number) =>
        producer.PutAsync(LocalEndpoint.Stream, LocalEndpoint.Record(number), Persisted, TestContext.Current.CancellationToken).AsTask();

    private async Task<T> PassAsync<T>(Task<T> task)
    {
        await _time.PassUntilAsync(() => task.IsCompleted, Step);
        return await task;
    }

    private FileBacklogStore Open() => FileBacklogStore.Open(_folder.Path, BacklogSync.Never);

    private Task EndOfLockAsync() => Waiting.UntilAsync(async () =>
    {
        try
        {
            await using var store = Open();
            return true;
        }
        catch (BacklogStoreException)
        {
            return false;
        }
    });

    private KplProducer Create(LocalEndpoint endpoint)
    {
        var options = endpoint.Options(static o => (o.DrainTimeout, o.BackoffMax) = (TimeSpan.FromSeconds(1), TimeSpan.FromMilliseconds(200)));
        var gateway = KinesisClient.Create(options.Kinesis, TimeProvider.System);
        var store = FileBacklogStore.Open(_disk, _folder.Path, BacklogSync.Never);
        var log = new PipelineLog(_log, _time, logKeys: false);
        var pipeline = new ProducerPipeline(options, gateway, log, _time, new Random(1), backlog: new BacklogServices { Store = store });
        return new KplProducer(new ProducerParts(pipeline, options, gateway, _time, log, _log, store));
    }
}
