using Orleans.Kpl.Pipeline.Backlog.Logs;
using Orleans.Kpl.Pipeline.Road.Promising;
using Orleans.Kpl.Silos.Tests.Links;

namespace Orleans.Kpl.Silos.Tests.Owners;

/// <summary>Records of an ordered stream that wait at their front, or go from its backlog to the shard's owner, with newer ones behind them.</summary>
public sealed class StoredRecordsTests : IAsyncDisposable
{
    private static readonly TimeSpan Step = TimeSpan.FromMilliseconds(100);
    private static readonly PutOptions Options = new() { TimeToLive = TimeSpan.FromMinutes(30) };

    private readonly StoredRecords _stored = new();
    private readonly OwnersHarness _silo = new(OrderedMode.PutRecords);

    /// <summary>The owner has no memory left, or no call to it has an answer, for longer than it may be silent.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task WhatTheOwnerDoesNotTakeForLong_IsNotOvertaken(bool isAnswered)
    {
        var link = _silo.Cluster.Link;
        link.Answer = _ => isAnswered ? Task.FromResult(false) : Task.FromException<bool>(new TimeoutException("no answer"));
        await PutOldAndNewAsync();
        await PassUntilAsync(() => _silo.Time.GetTimestamp() > TimeSpan.FromMinutes(2).Ticks, 5 * Step);

        Assert.Equal(0, _stored.Back);
        Assert.All(link.Records, static f => Assert.Equal(["old"], FakeLink.KeysOf(f)));
        // Each tenure ends after a while: the shard may have another owner by then.
        Assert.InRange(link.Records.Select(static f => f.Tenure).Distinct().Count(), 2, 10);
        link.Clear();
        link.Answer = static _ => Task.FromResult(true);
        await PassUntilAsync(() => link.Records.Count >= 2);
        Assert.Equal(["old", "new"], link.Keys);
    }

    /// <summary>The owner is lost while the record is there. It may have been sent, and may appear twice, but not behind newer ones.</summary>
    [Fact]
    public async Task WhatALostOwnerHad_GoesToTheNextOneBeforeNewerRecords()
    {
        var (former, answer) = (_silo.Cluster.Link, new TaskCompletionSource<bool>());
        former.Answer = _ => answer.Task;
        await PutOldAndNewAsync();
        var lost = _silo.Cluster.Owner;
        _silo.Cluster.Owner = FakeMembership.Silo(3);
        var next = _silo.Cluster.Link = new FakeLink();
        _silo.Owners.OnLost(lost);
        answer.SetException(new TimeoutException("no answer"));
        await PassUntilAsync(() => next.Records.Count >= 2);

        Assert.Equal(["old", "new"], next.Keys);
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
        var link = _silo.Cluster.Link;
        await PutOldAndNewAsync();
        await PassUntilAsync(() => link.Records.Count == 2);
        link.Clear();
        Tell(0, RecordResult.NotDelivered(status, code, "told by the owner", null));
        Tell(1, RecordResult.NotDelivered(RecordStatus.Failed, OutcomesFrame.GivenBack, null, null));
        await PassUntilAsync(() => link.Records.Count > 0);

        Assert.Equal(["old", "new"], link.Keys);
        Assert.Equal(0, _stored.Back);
    }

    /// <summary>It is in no segment yet. Kept now, it would come behind newer ones.</summary>
    [Fact]
    public async Task WhatAnOwnerThatStopsHasNotSent_GoesToTheNextOne_WhereItsCallerWantsItKept()
    {
        var link = _silo.Cluster.Link;
        var stream = _silo.Stream;
        await stream.Shards.ListBeforeAsync(FakeKinesis.FirstShard, TestContext.Current.CancellationToken);
        var now = stream.Clock.Now;
        var rider = new BacklogRider(null!, BacklogUse.InNeed);
        var sink = new SingleOutcome(new AcceptanceTerms(new FlushBarrier().Enter(1), now, now + TimeSpan.TicksPerHour, Immediate: false, rider));
        stream.Forwarding.RouteAgain(new IncomingRecord
        {
            PartitionKey = "live"u8, HashKey = 1, HasExplicitHashKey = false, Data = "data"u8, Member = new MemberRef(sink, 0),
        });
        await PassUntilAsync(() => link.Records.Count == 1);
        Tell(0, RecordResult.NotDelivered(RecordStatus.Failed, RecordErrorCodes.Shutdown, "told by the owner", null));
        await PassUntilAsync(() => link.Records.Count == 2);

        Assert.Equal(["live", "live"], link.Keys);
        Assert.False(sink.Delivery.IsCompleted);
    }

    [Theory]
    [InlineData(RecordStatus.Failed, "InvalidArgumentException")]
    [InlineData(RecordStatus.Unknown, RecordErrorCodes.RecordCountMismatch)]
    public async Task WhatIsNotTriedAgain_EndsAtItsOwner(RecordStatus status, string code)
    {
        await PutOldAndNewAsync();
        await PassUntilAsync(() => _silo.Cluster.Link.Records.Count == 2);
        Tell(0, RecordResult.NotDelivered(status, code, "told by the owner", null));

        Assert.Equal(1, _stored.Back);
    }

    public ValueTask DisposeAsync() => _silo.DisposeAsync();

    private void Tell(long number, RecordResult outcome) => _silo.Tell(_silo.Cluster.Owner, number, outcome);

    /// <summary>A record of the backlog is on its way to the owner, and a newer one waits behind it.</summary>
    private async Task PutOldAndNewAsync()
    {
        var stream = _silo.Stream;
        await stream.Shards.ListBeforeAsync(FakeKinesis.FirstShard, TestContext.Current.CancellationToken);
        stream.Forwarding.RouteAgain(_stored.Next(stream, "old", TimeSpan.FromDays(100)));
        await Waiting.UntilAsync(() => _silo.Cluster.Link.Records.Count > 0);
        _ = await _silo.Producer.EnqueueAsync(LinkHarness.Stream, new UserRecord("new", new byte[1]), Options);
    }

    private Task PassUntilAsync(Func<bool> isSo, TimeSpan? step = null) => _silo.Time.PassUntilAsync(isSo, step ?? Step);
}
