using Orleans.Kpl.Adapters.Logging;
using Orleans.Kpl.Packed;
using Orleans.Kpl.Pipeline;
using Orleans.Kpl.Pipeline.Backlog.Logs;
using Orleans.Kpl.Pipeline.Road.Promising;
using Orleans.Kpl.Silos.Owners;
using Orleans.Kpl.Silos.Tests.Links;

namespace Orleans.Kpl.Silos.Tests.Owners;

/// <summary>Records of an ordered stream that wait at their front, or go from its backlog to the shard's owner, with newer ones behind them.</summary>
public sealed class StoredRecordsTests : IAsyncDisposable
{
    private static readonly TimeSpan Step = TimeSpan.FromMilliseconds(100);
    private static readonly PutOptions Options = new() { TimeToLive = TimeSpan.FromMinutes(30) };

    private readonly FakeTimeProvider _time = new();
    private readonly StoredRecords _stored = new();
    private readonly OneOwnerCluster _cluster = new();
    private readonly PipelineLog _log;
    private readonly ProducerPipeline _producer;
    private StreamOwners? _owners;

    public StoredRecordsTests()
    {
        _log = new PipelineLog(NullLogger.Instance, _time, logKeys: false);
        var options = new KplOptions { DrainTimeout = TimeSpan.FromMilliseconds(100) };
        options.ForStream("events", s => s.Ordered = OrderedMode.PutRecords);
        var context = new OwnersContext(
            _cluster, _cluster, new LiveSilos(new FakeMembership(), _time), new HostedShards(), new LinkMemory(), NullLogger.Instance);
        _producer = new ProducerPipeline(options, new FakeKinesis(shards: 1), _log, _time, new Random(1), s => _owners = StreamOwners.Create(s, context));
    }

    /// <summary>The owner has no memory left, or no call to it has an answer, for longer than it may be silent.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task WhatTheOwnerDoesNotTakeForLong_IsNotOvertaken(bool isAnswered)
    {
        var link = _cluster.Link;
        link.Answer = _ => isAnswered ? Task.FromResult(false) : Task.FromException<bool>(new TimeoutException("no answer"));
        await PutOldAndNewAsync();
        await PassUntilAsync(() => _time.GetTimestamp() > TimeSpan.FromMinutes(2).Ticks, 5 * Step);

        Assert.Equal(0, _stored.Back);
        Assert.All(link.Records, f => Assert.Equal(["old"], KeysOf(f)));
        // Each tenure ends after a while: the shard may have another owner by then.
        Assert.InRange(link.Records.Select(static f => f.Tenure).Distinct().Count(), 2, 10);
        link.Clear();
        link.Answer = static _ => Task.FromResult(true);
        await PassUntilAsync(() => link.Records.Count >= 2);
        Assert.Equal(["old", "new"], link.Records.SelectMany(KeysOf));
    }

    /// <summary>The owner is lost while the record is there. It may have been sent, and may appear twice, but not behind newer ones.</summary>
    [Fact]
    public async Task WhatALostOwnerHad_GoesToTheNextOneBeforeNewerRecords()
    {
        var (former, answer) = (_cluster.Link, new TaskCompletionSource<bool>());
        former.Answer = _ => answer.Task;
        await PutOldAndNewAsync();
        var lost = _cluster.Owner;
        _cluster.Owner = FakeMembership.Silo(3);
        var next = _cluster.Link = new FakeLink();
        _owners!.OnLost(lost);
        answer.SetException(new TimeoutException("no answer"));
        await PassUntilAsync(() => next.Records.Count >= 2);

        Assert.Equal(["old", "new"], next.Records.SelectMany(KeysOf));
        Assert.Single(former.Records);
        Assert.Equal(0, _stored.Back);
    }

    /// <summary>The owner ends a record of the backlog that may be delivered later: it stops, or a call with it was cut off.</summary>
    [Theory]
    [InlineData(RecordStatus.Failed, RecordErrorCodes.Shutdown)]
    [InlineData(RecordStatus.Failed, RecordErrorCodes.Throttled)]
    [InlineData(RecordStatus.Unknown, RecordErrorCodes.Shutdown)]
    public async Task WhatAnOwnerEndsForNow_GoesToTheNextOneBeforeNewerRecords(RecordStatus status, string code)
    {
        var link = _cluster.Link;
        await PutOldAndNewAsync();
        await PassUntilAsync(() => link.Records.Count == 2);
        link.Clear();
        Tell(0, RecordResult.NotDelivered(status, code, "told by the owner", null));
        Tell(1, RecordResult.NotDelivered(RecordStatus.Failed, OutcomesFrame.GivenBack, null, null));
        await PassUntilAsync(() => link.Records.Count > 0);

        Assert.Equal(["old", "new"], link.Records.SelectMany(KeysOf));
        Assert.Equal(0, _stored.Back);
    }

    /// <summary>It is in no segment yet. Kept now, it would come behind newer ones.</summary>
    [Fact]
    public async Task WhatAnOwnerThatStopsHasNotSent_GoesToTheNextOne_WhereItsCallerWantsItKept()
    {
        var link = _cluster.Link;
        var stream = _producer.Uses.Get("events");
        await stream.Shards.ListBeforeAsync(FakeKinesis.FirstShard, TestContext.Current.CancellationToken);
        var (now, generation) = (stream.Clock.Now, new FlushGeneration());
        Assert.True(generation.TryEnter(1));
        var rider = new BacklogRider(null!, BacklogUse.InNeed);
        var sink = new SingleOutcome(new AcceptanceTerms(generation, now, now + TimeSpan.TicksPerHour, Immediate: false, rider));
        stream.Forwarding.RouteAgain(new IncomingRecord
        {
            PartitionKey = "live"u8, HashKey = 1, HasExplicitHashKey = false, Data = "data"u8, Member = new MemberRef(sink, 0),
        });
        await PassUntilAsync(() => link.Records.Count == 1);
        Tell(0, RecordResult.NotDelivered(RecordStatus.Failed, RecordErrorCodes.Shutdown, "told by the owner", null));
        await PassUntilAsync(() => link.Records.Count == 2);

        Assert.Equal(["live", "live"], link.Records.SelectMany(KeysOf));
        Assert.False(sink.Delivery.IsCompleted);
    }

    [Theory]
    [InlineData(RecordStatus.Failed, "InvalidArgumentException")]
    [InlineData(RecordStatus.Unknown, RecordErrorCodes.RecordCountMismatch)]
    public async Task WhatIsNotTriedAgain_EndsAtItsOwner(RecordStatus status, string code)
    {
        await PutOldAndNewAsync();
        await PassUntilAsync(() => _cluster.Link.Records.Count == 2);
        Tell(0, RecordResult.NotDelivered(status, code, "told by the owner", null));

        Assert.Equal(1, _stored.Back);
    }

    /// <summary>Nobody answers whose the shard is, not even with an error.</summary>
    [Fact]
    public async Task WhatWaits_WhileNothingAnswers_ExpiresAtItsTimeToLive()
    {
        var timeToLive = TimeSpan.FromSeconds(2);
        _cluster.IsSilent = true;
        var put = PutAsync(timeToLive);
        var later = PutAsync(2 * timeToLive);
        await PassUntilAsync(() => put.IsCompleted);
        Assert.InRange(_time.GetTimestamp(), timeToLive.Ticks, (timeToLive + 3 * Step).Ticks);
        Assert.False(later.IsCompleted);
        await PassUntilAsync(() => later.IsCompleted);
        Assert.InRange(_time.GetTimestamp(), 2 * timeToLive.Ticks, (2 * timeToLive + 3 * Step).Ticks);

        Assert.All([await put, await later], r => Assert.Equal((RecordStatus.Failed, RecordErrorCodes.Expired), (r.Status, r.ErrorCode)));

        Task<RecordResult> PutAsync(TimeSpan timeToLive) =>
            _producer.PutAsync("events", new UserRecord("key", new byte[1]), new PutOptions { TimeToLive = timeToLive }).AsTask();
    }

    public async ValueTask DisposeAsync()
    {
        var disposing = _producer.DisposeAsync().AsTask();
        await PassUntilAsync(() => disposing.IsCompleted);
        await disposing;
        _log.Dispose();
    }

    private void Tell(long number, RecordResult outcome)
    {
        var writer = new PackedOutcomesWriter();
        Assert.True(writer.TryAdd(number, outcome));
        _owners!.Take(new OutcomesFrame(_cluster.Owner, "events", writer.ToArray()));
    }

    /// <summary>A record of the backlog is on its way to the owner, and a newer one waits behind it.</summary>
    private async Task PutOldAndNewAsync()
    {
        var stream = _producer.Uses.Get("events");
        await stream.Shards.ListBeforeAsync(FakeKinesis.FirstShard, TestContext.Current.CancellationToken);
        stream.Forwarding.RouteAgain(_stored.Next(stream, "old", TimeSpan.FromDays(100)));
        await Waiting.UntilAsync(() => _cluster.Link.Records.Count > 0);
        _ = await _producer.EnqueueAsync("events", new UserRecord("new", new byte[1]), Options);
    }

    private Task PassUntilAsync(Func<bool> isSo, TimeSpan? step = null) => _time.PassUntilAsync(isSo, step ?? Step);

    private static List<string> KeysOf(RecordsFrame frame)
    {
        List<string> keys = [];
        foreach (var record in PackedRecords.Parse(frame.Records))
            keys.Add(System.Text.Encoding.UTF8.GetString(record.Key));
        return keys;
    }
}
