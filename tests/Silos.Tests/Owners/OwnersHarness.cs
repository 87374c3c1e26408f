using Orleans.Kpl.Adapters.Logging;
using Orleans.Kpl.Packed;
using Orleans.Kpl.Pipeline;
using Orleans.Kpl.Silos.Owners;
using Orleans.Kpl.Silos.Tests.Links;

namespace Orleans.Kpl.Silos.Tests.Owners;

/// <summary>One silo's stream, whose shard another silo owns, in time that moves when a test says so.</summary>
internal sealed class OwnersHarness : IAsyncDisposable
{
    private readonly PipelineLog _log;
    private StreamOwners? _owners;

    public OwnersHarness(OrderedMode mode = OrderedMode.Off, Action<KplOptions>? configure = null)
    {
        var options = new KplOptions { DrainTimeout = TimeSpan.FromMilliseconds(100) };
        options.ForStream(LinkHarness.Stream, s => s.Ordered = mode);
        configure?.Invoke(options);
        Cluster = new OneOwnerCluster { Epoch = mode == OrderedMode.Off ? 0 : 1 };
        var context = new OwnersContext(Cluster, Cluster, new LiveSilos(Membership, Time), new HostedShards(), new LinkMemory(), NullLogger.Instance);
        _log = new PipelineLog(NullLogger.Instance, Time, logKeys: false);
        Producer = new ProducerPipeline(options, Kinesis, _log, Time, new Random(1), s => _owners = StreamOwners.Create(s, context));
    }

    public FakeTimeProvider Time { get; } = new();

    public FakeKinesis Kinesis { get; } = new(shards: 1);

    public OneOwnerCluster Cluster { get; }

    public FakeMembership Membership { get; } = new();

    public ProducerPipeline Producer { get; }

    public StreamPipeline Stream => Producer.Uses.Get(LinkHarness.Stream);

    /// <summary>Whom the stream gives its records to, once it has begun.</summary>
    public StreamOwners Owners => _owners!;

    /// <summary>An owner tells what became of a record.</summary>
    public void Tell(SiloId owner, long number, RecordResult outcome)
    {
        var writer = new PackedOutcomesWriter();
        Assert.True(writer.TryAdd(number, outcome));
        Owners.Take(new OutcomesFrame(owner, LinkHarness.Stream, writer.ToArray()));
    }

    public async ValueTask DisposeAsync()
    {
        var disposing = Producer.DisposeAsync().AsTask();
        await Time.PassUntilAsync(() => disposing.IsCompleted, TimeSpan.FromMilliseconds(20));
        await disposing;
        _log.Dispose();
    }
}
