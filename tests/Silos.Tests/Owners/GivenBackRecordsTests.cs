using System.Text;
using Orleans.Kpl.Aggregation;
using Orleans.Kpl.Packed;
using Orleans.Kpl.Silos.Tests.Links;

namespace Orleans.Kpl.Silos.Tests.Owners;

/// <summary>A forwarded record is sent by the silo that it was forwarded to, or comes back. Whatever the shard here, another silo owns it.</summary>
public sealed class GivenBackRecordsTests : IAsyncDisposable
{
    private const int Records = 10;

    private static readonly TimeSpan Step = TimeSpan.FromMilliseconds(5);
    private static readonly SiloId Third = new(System.Net.IPAddress.Loopback, 3, 3);

    private readonly ForwardedMemory _memory = new(1 << 20, 0);
    private readonly OwnersHarness _silo = new(configure: static o =>
        (o.RecordMaxBufferedTime, o.ProducerNumbers, o.MaxConnections) = (TimeSpan.FromMilliseconds(20), true, 1));

    private FakeLink There => _silo.Cluster.Link;

    [Fact]
    public async Task ARecord_OfAnotherSilo_GoesBackToIt_AndToNobodyElse()
    {
        var origin = new FakeLink();
        Assert.True(InboxTo(origin).TryTake(Frame(Third)));
        await PassUntilAsync(() => CodesOf(origin).Count == Records);

        Assert.All(CodesOf(origin), static c => Assert.Equal(OutcomesFrame.GivenBack, c));
        Assert.Empty(There.Records);
        Assert.Empty(_silo.Kinesis.Records);
        Assert.Equal(0, _memory.HeldBy(LinkHarness.Stream).Bytes);
    }

    /// <summary>This silo's map is the older one, and the other one cannot know: it asks again.</summary>
    [Fact]
    public async Task ARecord_OfAShardThatIsServedHereAndThatTheMapDoesNotShow_GoesBack_UntilTheMapShowsIt()
    {
        var former = _silo.Kinesis.Shards;
        await _silo.Stream.ReadMapAsync();
        _silo.Kinesis.Reshard(FakeKinesis.Even(1, 1));
        _silo.Kinesis.Listed = () => former;
        _silo.Stream.Shards.Open(_silo.Kinesis.Shards[0].ShardId, null);
        var origin = new FakeLink();
        var inbox = InboxTo(origin);
        Assert.True(inbox.TryTake(Frame(Third)));
        await PassUntilAsync(() => CodesOf(origin).Count == Records);
        Assert.All(CodesOf(origin), static c => Assert.Equal(OutcomesFrame.GivenBack, c));
        _silo.Kinesis.Listed = static () => null;
        await PassUntilAsync(() => !_silo.Stream.Shards.Expects(_silo.Kinesis.Shards[0].ShardId));
        Assert.True(inbox.TryTake(Frame(Third, first: Records)));
        await PassUntilAsync(() => CodesOf(origin).Count == 2 * Records);

        Assert.Empty(There.Records);
        Assert.All(CodesOf(origin).Skip(Records), static c => Assert.Null(c));
        Assert.All(_silo.Kinesis.Records, r => Assert.Equal(_silo.Kinesis.Shards[0].ShardId, r.ShardId));
    }

    /// <summary>
    /// It failed with Shutdown, though the silo that had accepted it could have sent it; also what waited for its shard here when the time was over.
    /// </summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task ARecord_OfAShardThatWasServedHere_ThatWasNotSentOrComesLater_GoesBack_WhenTheStreamStops(bool isBefore)
    {
        await _silo.Stream.ReadMapAsync();
        _silo.Stream.Shards.Open(FakeKinesis.FirstShard, null);
        var origin = new FakeLink();
        var inbox = InboxTo(origin);
        Assert.True(!isBefore || inbox.TryTake(Frame(Third, how: 0)));
        await _silo.Stream.StopAsync();
        Assert.True(isBefore || inbox.TryTake(Frame(Third)));
        await PassUntilAsync(() => CodesOf(origin).Count == Records);

        Assert.All(CodesOf(origin), static c => Assert.Equal(OutcomesFrame.GivenBack, c));
        Assert.Empty(_silo.Kinesis.Records);
        Assert.Equal(0, _memory.HeldBy(LinkHarness.Stream).Bytes);
    }

    /// <summary>Those that had left their shard failed with Shutdown. What is in a call may be in Kinesis.</summary>
    [Fact]
    public async Task ARecord_ThatWaitsForACall_GoesBack_WhenTheStreamStops()
    {
        var underWay = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _silo.Kinesis.BeforePut = async (_, stop) =>
        {
            underWay.TrySetResult();
            await Task.Delay(Timeout.Infinite, stop);
        };
        await _silo.Stream.ReadMapAsync();
        _silo.Stream.Shards.Open(FakeKinesis.FirstShard, null);
        var origin = new FakeLink();
        var inbox = InboxTo(origin);
        Assert.True(inbox.TryTake(Frame(Third)));
        await PassUntilAsync(() => underWay.Task.IsCompleted);
        Assert.True(inbox.TryTake(Frame(Third, first: Records)));
        // They leave their shard at the next step, and wait for the end of the call.
        var since = _silo.Time.GetTimestamp();
        await PassUntilAsync(() => _silo.Time.GetElapsedTime(since) > 5 * Step);
        await _silo.Stream.StopAsync();
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
        var next = _silo.Cluster.Link = new FakeLink();
        _silo.Cluster.Owner = Third;
        var now = _silo.Time.GetUtcNow();
        var attempt = new Attempt { StartedAt = now, EndedAt = now, ErrorCode = "ThrottlingException", ErrorMessage = "slower" };
        // The other record stays where it is.
        _silo.Tell(LinkHarness.There, first, GivenBack(attempt));
        await Waiting.UntilAsync(() => next.Records.Count == 1);
        Assert.Equal(["a"], RecordsAt(next).Keys);
        // The former owner may have sent it.
        Assert.NotNull(RecordsAt(former)["a"].Given);
        Assert.Equal(RecordsAt(former)["a"].Given, RecordsAt(next)["a"].Given);
        _silo.Tell(LinkHarness.There, second, RecordResult.Delivered(FakeKinesis.FirstShard, "1", 0, []));
        _silo.Tell(Third, next.Records[0].First, RecordResult.Delivered(FakeKinesis.FirstShard, "2", 0, []));
        // Told once more: it has its outcome.
        _silo.Tell(LinkHarness.There, first, GivenBack());

        var results = await put;
        Assert.Equal(["2", "1"], results.Select(static r => r.SequenceNumber));
        Assert.Equal(["ThrottlingException"], results[0].Attempts.Select(static a => a.ErrorCode));
        Assert.Single(next.Records);
        Assert.Equal(new StreamLedger(2, 2, 0, 0, 0, 0, 0), _silo.Producer.GetLedger(LinkHarness.Stream));
    }

    /// <summary>The owner's map is the older one, say. Silos must not keep each other busy until it is read.</summary>
    [Fact]
    public async Task ARecord_ThatComesBackAgainAndAgain_GoesAgainAfterLongerWaits_AndTheMapIsRead()
    {
        _ = PutAsync("a");
        await PassUntilAsync(() => There.Records.Count == 1);
        var listings = _silo.Kinesis.Listings;
        GiveBackLast();
        // At once at first.
        await Waiting.UntilAsync(() => There.Records.Count == 2);
        foreach (var wait in (int[])[40, 80, 160, 320])
        {
            var (sent, since) = (There.Records.Count, _silo.Time.GetTimestamp());
            GiveBackLast();
            await PassUntilAsync(() => There.Records.Count > sent);
            Assert.True(_silo.Time.GetElapsedTime(since).TotalMilliseconds >= wait, $"after {_silo.Time.GetElapsedTime(since)} instead of {wait} ms");
            Assert.Equal(sent + 1, There.Records.Count);
        }

        Assert.True(_silo.Kinesis.Listings > listings);
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
            _silo.Tell(LinkHarness.There, There.Records[^1].First, RecordResult.Delivered(FakeKinesis.FirstShard, "1", 0, []));
            _silo.Time.Advance(TimeSpan.FromSeconds(6));
        }
    }

    public ValueTask DisposeAsync() => _silo.DisposeAsync();

    private static RecordResult GivenBack(params Attempt[] attempts) =>
        RecordResult.NotDelivered(RecordStatus.Failed, OutcomesFrame.GivenBack, null, null, attempts);

    private void GiveBackLast() => _silo.Tell(LinkHarness.There, There.Records[^1].First, GivenBack());

    private async Task<RecordResult[]> PutAsync(params string[] keys)
    {
        PutOptions options = new() { TimeToLive = TimeSpan.FromMinutes(30) };
        UserRecord[] records = [.. keys.Select(static k => new UserRecord(k, new byte[1]))];
        return await _silo.Producer.PutAsync(LinkHarness.Stream, records, options);
    }

    private OpenInbox InboxTo(FakeLink origin) =>
        new(
            _silo.Stream, new OutcomeOutbox(LinkHarness.Here, LinkHarness.Stream, Third, origin, _silo.Time, NullLogger.Instance),
            _memory.Of(LinkHarness.Stream));

    private static List<string?> CodesOf(FakeLink origin) => [.. origin.Told.Select(static t => t.Result.ErrorCode)];

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

    private Task PassUntilAsync(Func<bool> isSo) => _silo.Time.PassUntilAsync(isSo, Step);
}
