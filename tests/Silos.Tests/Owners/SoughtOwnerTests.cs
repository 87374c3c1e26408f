using System.Collections.Concurrent;
using Orleans.Kpl.Silos.Owners;
using Orleans.Kpl.Silos.Tests.Links;

namespace Orleans.Kpl.Silos.Tests.Owners;

/// <summary>The owner of a shard is sought for as long as records wait for it.</summary>
/// <remarks>Tests <see cref="StreamOwners"/>.</remarks>
public sealed class SoughtOwnerTests : IAsyncDisposable
{
    private static readonly TimeSpan Step = TimeSpan.FromMilliseconds(20);

    private OwnersHarness _silo = null!;

    /// <summary>Each shard was asked for once a second for ever, and the stream never counted as idle.</summary>
    [Theory]
    [InlineData(OrderedMode.Off, false)]
    [InlineData(OrderedMode.Off, true)]
    [InlineData(OrderedMode.PutRecords, false)]
    [InlineData(OrderedMode.PutRecords, true)]
    public async Task AnOwner_ThatNobodyWaitsForAnyMore_IsNotSought(OrderedMode mode, bool isNamed)
    {
        _silo = new OwnersHarness(mode);
        if (isNamed)
            _silo.Membership.Set(_silo.Cluster.Owner, SiloStanding.Dead);
        _silo.Cluster.IsDown = !isNamed;
        var expired = PutAsync("a", TimeSpan.FromSeconds(2));
        await PassUntilAsync(() => expired.IsCompleted);
        Assert.Equal(RecordErrorCodes.Expired, (await expired).ErrorCode);
        Assert.True(_silo.Cluster.Asked > 1);

        await PassUntilAsync(() => _silo.Owners.IsAtRest);
        var (asked, since) = (_silo.Cluster.Asked, _silo.Time.GetTimestamp());
        await PassUntilAsync(() => _silo.Time.GetElapsedTime(since) > TimeSpan.FromSeconds(5));
        Assert.Equal(asked, _silo.Cluster.Asked);

        // The next record begins anew.
        _silo.Membership.Set(_silo.Cluster.Owner, SiloStanding.Active);
        _silo.Cluster.IsDown = false;
        _ = PutAsync("b", TimeSpan.FromMinutes(1));
        await PassUntilAsync(() => _silo.Cluster.Link.Records.Count == 1);
    }

    /// <summary>The search ended for good: each later record of the shard expired here, until the silo was started again.</summary>
    [Theory]
    [InlineData(OrderedMode.Off)]
    [InlineData(OrderedMode.PutRecords)]
    public async Task AnOwner_ThatCouldNotBeAskedFor_ForLackOfMemory_IsSoughtAgain(OrderedMode mode)
    {
        _silo = new OwnersHarness(mode);
        _silo.Cluster.Throws = new InsufficientMemoryException();
        _ = PutAsync("a", TimeSpan.FromMinutes(1));
        await PassUntilAsync(() => _silo.Cluster.Asked > 0);
        _silo.Cluster.Throws = null;

        await PassUntilAsync(() => _silo.Cluster.Link.Records.Count == 1);
    }

    /// <summary>It went on in the name of the put that began it: its span and request context came to the owner, and to whoever was asked again.</summary>
    [Theory]
    [InlineData(OrderedMode.Off)]
    [InlineData(OrderedMode.PutRecords)]
    public async Task AnOwner_IsNotSoughtInTheFlowOfThePutThatNeedsIt(OrderedMode mode)
    {
        _silo = new OwnersHarness(mode);
        await PassUntilAsync(() => _silo.Stream.HasMap);
        var caller = new AsyncLocal<string?>();
        ConcurrentQueue<string?> callers = [];
        _silo.Cluster.OnAsked = () => callers.Enqueue(caller.Value);

        caller.Value = "who puts";
        _ = PutAsync("a", TimeSpan.FromMinutes(1));
        caller.Value = null;
        await PassUntilAsync(() => _silo.Cluster.Link.Records.Count == 1);

        Assert.Null(Assert.Single(callers));
    }

    /// <summary>A question may be without an answer for five seconds, and the next one comes a second later: the record lived until then.</summary>
    [Theory]
    [InlineData(OrderedMode.Off)]
    [InlineData(OrderedMode.PutRecords)]
    public async Task WhatWaits_WhileNothingAnswers_ExpiresAtItsTimeToLive(OrderedMode mode)
    {
        _silo = new OwnersHarness(mode);
        var timeToLive = TimeSpan.FromSeconds(2);
        _silo.Cluster.IsSilent = true;
        var put = PutAsync("a", timeToLive);
        var later = PutAsync("b", 2 * timeToLive);
        await Waiting.UntilAsync(() => Ledger().Accepted == 2);
        await PassToExpiryAsync(timeToLive, failed: 1);
        Assert.False(later.IsCompleted);
        await PassToExpiryAsync(2 * timeToLive, failed: 2);

        Assert.All([await put, await later], r => Assert.Equal((RecordStatus.Failed, RecordErrorCodes.Expired), (r.Status, r.ErrorCode)));

        async Task PassToExpiryAsync(TimeSpan end, long failed)
        {
            await PassUntilAsync(() => _silo.Time.GetTimestamp() >= end.Ticks || Ledger().Failed == failed);
            // The thread that tells it may be late, while time hardly goes on.
            await _silo.Time.PassUntilAsync(() => Ledger().Failed == failed, TimeSpan.FromMilliseconds(0.02));
            Assert.InRange(_silo.Time.GetTimestamp(), end.Ticks, (end + 3 * Step).Ticks);
        }

        StreamLedger Ledger() => _silo.Producer.GetLedger(LinkHarness.Stream);
    }

    public ValueTask DisposeAsync() => _silo.DisposeAsync();

    private async Task<RecordResult> PutAsync(string key, TimeSpan timeToLive) =>
        await _silo.Producer.PutAsync(LinkHarness.Stream, new UserRecord(key, new byte[1]), new PutOptions { TimeToLive = timeToLive });

    private Task PassUntilAsync(Func<bool> isSo) => _silo.Time.PassUntilAsync(isSo, Step);
}
