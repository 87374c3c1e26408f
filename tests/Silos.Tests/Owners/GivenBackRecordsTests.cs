using System.Text;
using Orleans.Kpl.Adapters.Logging;
using Orleans.Kpl.Aggregation;
using Orleans.Kpl.Packed;
using Orleans.Kpl.Pipeline;
using Orleans.Kpl.Silos.Owners;
using Orleans.Kpl.Silos.Tests.Links;

namespace Orleans.Kpl.Silos.Tests.Owners;

/// <summary>A forwarded record is sent by the silo that it was forwarded to, or comes back. Whatever the shard here, another silo owns it.</summary>
public sealed class GivenBackRecordsTests : IAsyncDisposable
{
    private const int Records = 10;

    private static readonly TimeSpan Step = TimeSpan.FromMilliseconds(5);
    private static readonly SiloId Third = new(System.Net.IPAddress.Loopback, 3, 3);

    private readonly FakeTimeProvider _time = new();
    private readonly FakeKinesis _kinesis = new(1);
    private readonly OneOwnerCluster _cluster = new() { Owner = LinkHarness.There, Epoch = 0 };
    private readonly ForwardedMemory _memory = new(1 << 20, 0);
    private readonly PipelineLog _log;
    private readonly ProducerPipeline _producer;
    private StreamOwners? _owners;

    public GivenBackRecordsTests()
    {
        KplOptions options = new()
        {
            RecordMaxBufferedTime = TimeSpan.FromMilliseconds(20), DrainTimeout = TimeSpan.FromMilliseconds(100), ProducerNumbers = true,
            MaxConnections = 1,
        };
        var context = new OwnersContext(
            _cluster, _cluster, new LiveSilos(new FakeMembership(), _time), new HostedShards(), new LinkMemory(), NullLogger.Instance);
        _log = new PipelineLog(NullLogger.Instance, _time, logKeys: false);
        _producer = new ProducerPipeline(options, _kinesis, _log, _time, new Random(1), s => _owners = StreamOwners.Create(s, context));
    }

    private StreamPipeline Stream => _producer.Uses.Get(LinkHarness.Stream);

    private FakeLink There => _cluster.Link;

    [Fact]
    public async Task ARecord_OfAnotherSilo_GoesBackToIt_AndToNobodyElse()
    {
        var origin = new FakeLink();
        Assert.True(InboxTo(origin).TryTake(Frame(Third)));
        await PassUntilAsync(() => CodesOf(origin).Count == Records);

        Assert.All(CodesOf(origin), static c => Assert.Equal(OutcomesFrame.GivenBack, c));
        Assert.Empty(There.Records);
        Assert.Empty(_kinesis.Records);
        Assert.Equal(0, _memory.HeldBy(LinkHarness.Stream).Bytes);
    }

    /// <summary>This silo's map is the older one, and the other one cannot know: it asks again.</summary>
    [Fact]
    public async Task ARecord_OfAShardThatIsServedHereAndThatTheMapDoesNotShow_GoesBack_UntilTheMapShowsIt()
    {
        var former = _kinesis.Shards;
        await Stream.ReadMapAsync();
        _kinesis.Reshard(FakeKinesis.Even(1, 1));
        _kinesis.Listed = () => former;
        Stream.Shards.Open(_kinesis.Shards[0].ShardId, null);
        var origin = new FakeLink();
        var inbox = InboxTo(origin);
        Assert.True(inbox.TryTake(Frame(Third)));
        await PassUntilAsync(() => CodesOf(origin).Count == Records);
        Assert.All(CodesOf(origin), static c => Assert.Equal(OutcomesFrame.GivenBack, c));
        _kinesis.Listed = static () => null;
        await PassUntilAsync(() => !Stream.Shards.Expects(_kinesis.Shards[0].ShardId));
        Assert.True(inbox.TryTake(Frame(Third, first: Records)));
        await PassUntilAsync(() => CodesOf(origin).Count == 2 * Records);

        Assert.Empty(There.Records);
        Assert.All(CodesOf(origin).Skip(Records), static c => Assert.Null(c));
        Assert.All(_kinesis.Records, r => Assert.Equal(_kinesis.Shards[0].ShardId, r.ShardId));
    }

    /// <summary>
    /// It failed with Shutdown, though the silo that had accepted it could have sent it; also what waited for its shard here when the time was over.
    /// </summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task ARecord_OfAShardThatWasServedHere_ThatWasNotSentOrComesLater_GoesBack_WhenTheStreamStops(bool isBefore)
    {
        await Stream.ReadMapAsync();
        Stream.Shards.Open(FakeKinesis.FirstShard, null);
        var origin = new FakeLink();
        var inbox = InboxTo(origin);
        Assert.True(!isBefore || inbox.TryTake(Frame(Third, how: 0)));
        await Stream.StopAsync();
        Assert.True(isBefore || inbox.TryTake(Frame(Third)));
        await PassUntilAsync(() => CodesOf(origin).Count == Records);

        Assert.All(CodesOf(origin), static c => Assert.Equal(OutcomesFrame.GivenBack, c));
        Assert.Empty(_kinesis.Records);
        Assert.Equal(0, _memory.HeldBy(LinkHarness.Stream).Bytes);
    }

    /// <summary>Those that had left their shard failed with Shutdown. What is in a call may be in Kinesis.</summary>
    [Fact]
    public async Task ARecord_ThatWaitsForACall_GoesBack_WhenTheStreamStops()
    {
        var underWay = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _kinesis.BeforePut = async (_, stop) =>
        {
            underWay.TrySetResult();
            await Task.Delay(Timeout.Infinite, stop);
        };
        await Stream.ReadMapAsync();
        Stream.Shards.Open(FakeKinesis.FirstShard, null);
        var origin = new FakeLink();
        var inbox = InboxTo(origin);
        Assert.True(inbox.TryTake(Frame(Third)));
        await PassUntilAsync(() => underWay.Task.IsCompleted);
        Assert.True(inbox.TryTake(Frame(Third, first: Records)));
        // They leave their shard at the next step, and wait for the end of the call.
        var since = _time.GetTimestamp();
        await PassUntilAsync(() => _time.GetElapsedTime(since) > 5 * Step);
        await Stream.StopAsync();
        await PassUntilAsync(() => CodesOf(origin).Count == 2 * Records);

        string[] codes = [.. CodesOf(origin).Select(static c => c!).Order()];
        string[] expected = [.. Enumerable.Repeat(OutcomesFrame.GivenBack, Records).Concat(Enumerable.Repeat(RecordErrorCodes.Shutdown, Records)).Order()];
        Assert.Equal(expected, codes);
        Assert.Equal(0, _memory.HeldBy(LinkHarness.Stream).Bytes);
    }

    [Fact]
    public async Task ARecord_ThatCameBack_GoesToTheNextOwnerAtOnce_WithItsAttemptsAndItsNumber()
    {
        var former = There;
        var put = PutAsync("a", "b");
        await PassUntilAsync(() => RecordsAt(former).Count == 2);
        var (first, second) = (RecordsAt(former)["a"].Number, RecordsAt(former)["b"].Number);
        var next = _cluster.Link = new FakeLink();
        _cluster.Owner = Third;
        var attempt = new Attempt { StartedAt = _time.GetUtcNow(), EndedAt = _time.GetUtcNow(), ErrorCode = "ThrottlingException", ErrorMessage = "slower" };
        // The other record stays where it is.
        Tell(LinkHarness.There, first, GivenBack(attempt));
        await Waiting.UntilAsync(() => next.Records.Count == 1);
        Assert.Equal(["a"], RecordsAt(next).Keys);
        // The former owner may have sent it.
        Assert.NotNull(RecordsAt(former)["a"].Given);
        Assert.Equal(RecordsAt(former)["a"].Given, RecordsAt(next)["a"].Given);
        Tell(LinkHarness.There, second, RecordResult.Delivered(FakeKinesis.FirstShard, "1", 0, []));
        Tell(Third, next.Records[0].First, RecordResult.Delivered(FakeKinesis.FirstShard, "2", 0, []));
        // Told once more: it has its outcome.
        Tell(LinkHarness.There, first, GivenBack());

        var results = await put;
        Assert.Equal(["2", "1"], results.Select(static r => r.SequenceNumber));
        Assert.Equal(["ThrottlingException"], results[0].Attempts.Select(static a => a.ErrorCode));
        Assert.Single(next.Records);
        Assert.Equal(new StreamLedger(2, 2, 0, 0, 0, 0, 0), _producer.GetLedger(LinkHarness.Stream));
    }

    /// <summary>A question may be without an answer for five seconds, and the next one comes a second later: the record lived until then.</summary>
    [Fact]
    public async Task ARecord_ThatWaitsForTheAnswerWhoseItsShardIs_EndsWithItsTimeToLive()
    {
        _cluster.IsSilent = true;
        var began = _time.GetTimestamp();
        PutOptions options = new() { TimeToLive = TimeSpan.FromSeconds(2) };
        var put = _producer.PutAsync(LinkHarness.Stream, [new UserRecord("a", new byte[1])], options);
        await PassUntilAsync(() => put.IsCompleted);

        Assert.Equal(RecordErrorCodes.Expired, Assert.Single(await put).ErrorCode);
        Assert.InRange(_time.GetElapsedTime(began).TotalSeconds, 2, 2.1);
    }

    /// <summary>The owner's map is the older one, say. Silos must not keep each other busy until it is read.</summary>
    [Fact]
    public async Task ARecord_ThatComesBackAgainAndAgain_GoesAgainAfterLongerWaits_AndTheMapIsRead()
    {
        _ = PutAsync("a");
        await PassUntilAsync(() => There.Records.Count == 1);
        var listings = _kinesis.Listings;
        GiveBackLast();
        // At once at first.
        await Waiting.UntilAsync(() => There.Records.Count == 2);
        foreach (var wait in (int[])[40, 80, 160, 320])
        {
            var (sent, since) = (There.Records.Count, _time.GetTimestamp());
            GiveBackLast();
            await PassUntilAsync(() => There.Records.Count > sent);
            Assert.True(_time.GetElapsedTime(since).TotalMilliseconds >= wait, $"after {_time.GetElapsedTime(since)} instead of {wait} ms");
            Assert.Equal(sent + 1, There.Records.Count);
        }

        Assert.True(_kinesis.Listings > listings);
    }

    /// <summary>What comes back long after has another reason: a shard that moves once more.</summary>
    [Fact]
    public async Task ARecord_ThatComesBackLongAfterAnother_GoesAgainAtOnce()
    {
        for (var i = 0; i < 3; i++)
        {
            var sent = There.Records.Count;
            _ = PutAsync("a");
            await PassUntilAsync(() => There.Records.Count > sent);
            GiveBackLast();
            await Waiting.UntilAsync(() => There.Records.Count > sent + 1);
            Tell(LinkHarness.There, There.Records[^1].First, RecordResult.Delivered(FakeKinesis.FirstShard, "1", 0, []));
            _time.Advance(TimeSpan.FromSeconds(6));
        }
    }

    public async ValueTask DisposeAsync()
    {
        var disposing = _producer.DisposeAsync().AsTask();
        await PassUntilAsync(() => disposing.IsCompleted);
        await disposing;
        _log.Dispose();
    }

    private static RecordResult GivenBack(params Attempt[] attempts) =>
        RecordResult.NotDelivered(RecordStatus.Failed, OutcomesFrame.GivenBack, null, null, attempts);

    private void GiveBackLast() => Tell(LinkHarness.There, There.Records[^1].First, GivenBack());

    private void Tell(SiloId owner, long number, RecordResult outcome)
    {
        var writer = new PackedOutcomesWriter();
        Assert.True(writer.TryAdd(number, outcome));
        _owners!.Take(new OutcomesFrame(owner, LinkHarness.Stream, writer.ToArray()));
    }

    private async Task<RecordResult[]> PutAsync(params string[] keys)
    {
        PutOptions options = new() { TimeToLive = TimeSpan.FromMinutes(30) };
        UserRecord[] records = [.. keys.Select(static k => new UserRecord(k, new byte[1]))];
        return await _producer.PutAsync(LinkHarness.Stream, records, options);
    }

    private OpenInbox InboxTo(FakeLink origin) =>
        new(Stream, new OutcomeOutbox(LinkHarness.Here, LinkHarness.Stream, Third, origin, _time, NullLogger.Instance), _memory.Of(LinkHarness.Stream));

    private static List<string?> CodesOf(FakeLink origin)
    {
        List<string?> codes = [];
        foreach (var frame in origin.Outcomes)
        {
            foreach (var outcome in PackedOutcomes.Parse(frame.Outcomes))
                codes.Add(outcome.Result.ErrorCode);
        }

        return codes;
    }

    /// <summary>By its key, each record's number on its way and the one that its producer gave.</summary>
    private static Dictionary<string, (long Number, string? Given)> RecordsAt(FakeLink owner)
    {
        Dictionary<string, (long, string?)> records = [];
        foreach (var frame in owner.Records)
        {
            var number = frame.First;
            foreach (var record in PackedRecords.Parse(frame.Records))
                records.Add(Encoding.UTF8.GetString(record.Key), (number++, record.Number?.ToString()));
        }

        return records;
    }

    private static RecordsFrame Frame(SiloId origin, long first = 0, long how = RecordsFrame.WithoutLinger)
    {
        var writer = new PackedRecordsWriter();
        for (var i = 0; i < Records; i++)
        {
            var key = Encoding.UTF8.GetBytes($"key-{i}");
            Assert.True(writer.TryAdd(key, "data"u8, HashKey.OfPartitionKey(key)));
        }

        return new RecordsFrame(origin, LinkHarness.Stream, first, first, writer.ToArray(), [Records, TimeSpan.TicksPerMinute, how]);
    }

    private Task PassUntilAsync(Func<bool> isSo) => _time.PassUntilAsync(isSo, Step);
}
