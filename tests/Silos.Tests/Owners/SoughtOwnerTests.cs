using System.Collections.Concurrent;
using Orleans.Kpl.Adapters.Logging;
using Orleans.Kpl.Pipeline;
using Orleans.Kpl.Silos.Owners;
using Orleans.Kpl.Silos.Tests.Links;

namespace Orleans.Kpl.Silos.Tests.Owners;

/// <summary>The owner of a shard is sought for as long as records wait for it.</summary>
/// <remarks>Tests <see cref="StreamOwners"/>.</remarks>
public sealed class SoughtOwnerTests : IAsyncDisposable
{
    private static readonly TimeSpan Step = TimeSpan.FromMilliseconds(20);

    private readonly FakeTimeProvider _time = new();
    private readonly FakeKinesis _kinesis = new(1);
    private readonly OneOwnerCluster _cluster = new() { Owner = LinkHarness.There };
    private readonly FakeMembership _membership = new();
    private readonly PipelineLog _log;
    private ProducerPipeline? _producer;
    private StreamOwners? _owners;

    public SoughtOwnerTests() => _log = new PipelineLog(NullLogger.Instance, _time, logKeys: false);

    /// <summary>Each shard was asked for once a second for ever, and the stream never counted as idle.</summary>
    [Theory]
    [InlineData(OrderedMode.Off, false)]
    [InlineData(OrderedMode.Off, true)]
    [InlineData(OrderedMode.PutRecords, false)]
    [InlineData(OrderedMode.PutRecords, true)]
    public async Task AnOwner_ThatNobodyWaitsForAnyMore_IsNotSought(OrderedMode mode, bool isNamed)
    {
        Start(mode);
        if (isNamed)
            _membership.Set(_cluster.Owner, SiloStanding.Dead);
        _cluster.IsDown = !isNamed;
        var expired = PutAsync("a", TimeSpan.FromSeconds(2));
        await PassUntilAsync(() => expired.IsCompleted);
        Assert.Equal(RecordErrorCodes.Expired, (await expired).ErrorCode);
        Assert.True(_cluster.Asked > 1);

        await PassUntilAsync(() => _owners!.IsAtRest);
        var (asked, since) = (_cluster.Asked, _time.GetTimestamp());
        await PassUntilAsync(() => _time.GetElapsedTime(since) > TimeSpan.FromSeconds(5));
        Assert.Equal(asked, _cluster.Asked);

        // The next record begins anew.
        _membership.Set(_cluster.Owner, SiloStanding.Active);
        _cluster.IsDown = false;
        _ = PutAsync("b", TimeSpan.FromMinutes(1));
        await PassUntilAsync(() => _cluster.Link.Records.Count == 1);
    }

    /// <summary>The search ended for good: each later record of the shard expired here, until the silo was started again.</summary>
    [Theory]
    [InlineData(OrderedMode.Off)]
    [InlineData(OrderedMode.PutRecords)]
    public async Task AnOwner_ThatCouldNotBeAskedFor_ForLackOfMemory_IsSoughtAgain(OrderedMode mode)
    {
        Start(mode);
        _cluster.Throws = new OutOfMemoryException();
        _ = PutAsync("a", TimeSpan.FromMinutes(1));
        await PassUntilAsync(() => _cluster.Asked > 0);
        _cluster.Throws = null;

        await PassUntilAsync(() => _cluster.Link.Records.Count == 1);
    }

    /// <summary>It went on in the name of the put that began it: its span and request context came to the owner, and to whoever was asked again.</summary>
    [Theory]
    [InlineData(OrderedMode.Off)]
    [InlineData(OrderedMode.PutRecords)]
    public async Task AnOwner_IsNotSoughtInTheFlowOfThePutThatNeedsIt(OrderedMode mode)
    {
        Start(mode);
        var stream = _producer!.Uses.Get(LinkHarness.Stream);
        await PassUntilAsync(() => stream.HasMap);
        var caller = new AsyncLocal<string?>();
        ConcurrentQueue<string?> callers = [];
        _cluster.OnAsked = () => callers.Enqueue(caller.Value);

        caller.Value = "who puts";
        _ = PutAsync("a", TimeSpan.FromMinutes(1));
        caller.Value = null;
        await PassUntilAsync(() => _cluster.Link.Records.Count == 1);

        Assert.Null(Assert.Single(callers));
    }

    public async ValueTask DisposeAsync()
    {
        var disposing = _producer!.DisposeAsync().AsTask();
        await PassUntilAsync(() => disposing.IsCompleted);
        await disposing;
        _log.Dispose();
    }

    private void Start(OrderedMode mode)
    {
        var options = new KplOptions { DrainTimeout = TimeSpan.FromMilliseconds(100) };
        options.ForStream(LinkHarness.Stream, s => s.Ordered = mode);
        var context = new OwnersContext(
            _cluster, _cluster, new LiveSilos(_membership, _time), new HostedShards(), new LinkMemory(), NullLogger.Instance);
        _producer = new ProducerPipeline(options, _kinesis, _log, _time, new Random(1), s => _owners = StreamOwners.Create(s, context));
    }

    private async Task<RecordResult> PutAsync(string key, TimeSpan timeToLive) =>
        await _producer!.PutAsync(LinkHarness.Stream, new UserRecord(key, new byte[1]), new PutOptions { TimeToLive = timeToLive });

    private Task PassUntilAsync(Func<bool> isSo) => _time.PassUntilAsync(isSo, Step);
}
