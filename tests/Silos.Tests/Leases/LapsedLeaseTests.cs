using System.Threading.Channels;
using Orleans.Kpl.Pipeline.State;
using Orleans.Kpl.Silos.Leases;

namespace Orleans.Kpl.Silos.Tests.Leases;

/// <summary>A lease that lapsed is good again once the owners of the silo's shards were read, however slowly the table answers.</summary>
public sealed class LapsedLeaseTests
{
    /// <summary>It was counted from the renewal before the reading, and had lapsed again when that was over: for as long as the table was slow.</summary>
    [Theory]
    [InlineData(4)]
    [InlineData(6)]
    public async Task ReadingTheOwners_TakesAboutAsLongAsALease_ItIsGoodAgain_AndStaysSo(int seconds)
    {
        await using var harness = new LeaseHarness();
        var silo = await TakenAsync(harness);
        var readings = 0;
        silo.Lease.Reassure = async stop =>
        {
            readings++;
            await Task.Delay(TimeSpan.FromSeconds(seconds), harness.Time, stop);
        };
        await LapseAsync(harness);

        await harness.PassAsync(TimeSpan.FromSeconds(seconds + 1));

        for (var until = harness.Now + 2 * SiloLease.TimeToLive; harness.Now < until; await harness.PassAsync(LeaseHarness.Step))
            Assert.True(silo.Lease.IsHeld, $"not held at {harness.Now}");
        Assert.Equal(1, readings);
    }

    /// <summary>Another silo takes a shard whose row was read already: the lease must not be good before the rows are read again.</summary>
    [Fact]
    public async Task AShardIsTakenWhileTheOthersAreRead_TheOwnersAreReadAgain()
    {
        await using var harness = new LeaseHarness();
        var silo = await TakenAsync(harness);
        var (readings, wasHeld) = (0, false);
        silo.Lease.Reassure = async stop =>
        {
            wasHeld |= silo.Lease.IsHeld;
            readings++;
            await Task.Delay(TimeSpan.FromSeconds(6), harness.Time, stop);
        };
        await LapseAsync(harness);
        await harness.PassAsync(TimeSpan.FromSeconds(3));
        Assert.Equal(1, readings);
        await SiloLease.DoubtAsync(harness.Store, FakeMembership.Silo(1).ToParsableString(), CancellationToken.None);

        await harness.PassAsync(TimeSpan.FromSeconds(4));
        Assert.Equal((2, false), (readings, silo.Lease.IsHeld));
        await harness.PassAsync(TimeSpan.FromSeconds(6));

        Assert.Equal((2, true, false), (readings, silo.Lease.IsHeld, wasHeld));
    }

    /// <summary>Of many rows one could not be read, each time another one: then all were read again.</summary>
    [Fact]
    public async Task ReadingTheOwners_WhereSomeRowsFail_ReadsThoseAlone()
    {
        await using var harness = new LeaseHarness();
        var silo = await TakenAsync(harness);
        for (var i = 10; i < 30; i++)
            await silo.Epochs.TakeAsync(new ShardKey("events", $"shardId-0000000000{i}"), static _ => Task.FromResult(true), CancellationToken.None);
        harness.Store.FailsOneReadIn = 3;
        await LapseAsync(harness);

        await harness.Time.PassUntilAsync(() => silo.Lease.IsHeld, LeaseHarness.Step);
    }

    /// <summary>Monotonic time stands still while a machine is suspended: until its next renewal the silo sent for shards that others had taken.</summary>
    [Fact]
    public async Task AMachineThatWasSuspended_SendsNothing_BeforeTheOwnersAreRead()
    {
        await using var harness = new LeaseHarness();
        var silo = await TakenAsync(harness);
        var readings = 0;
        silo.Lease.Reassure = _ =>
        {
            readings++;
            return Task.CompletedTask;
        };

        harness.Time.Jump(TimeSpan.FromMinutes(1));
        Assert.False(silo.Lease.IsHeld);
        await harness.PassAsync(TimeSpan.FromSeconds(2));

        Assert.Equal((1, true), (readings, silo.Lease.IsHeld));
    }

    /// <summary>The SDK went on with the former try, and made it again: the next one met it and was refused.</summary>
    [Fact]
    public async Task ARenewal_WithoutAnAnswer_IsGivenUpBeforeTheNextOne()
    {
        var time = new FakeTimeProvider();
        var rows = new SilentRows(new MemoryStateStore());
        var silos = new LiveSilos(new FakeMembership(1), time);
        await using var lease = new SiloLease(rows, silos, time, NullLogger<SiloLease>.Instance);
        var held = lease.HoldAsync();
        var first = await rows.Asked.Reader.ReadAsync(TestContext.Current.CancellationToken);

        await time.PassUntilAsync(() => rows.Asked.Reader.Count > 0, LeaseHarness.Step);

        Assert.True(first.IsCancellationRequested);
        Assert.False(held.IsCompleted);
    }

    /// <summary>A table that was away for long left such a failure every few seconds, in the log of a program that logs them.</summary>
    [Fact]
    public async Task ARenewal_ThatIsGivenUpAndFails_LeavesNoFailureUnobserved()
    {
        const string late = "the table was not reached, long after its time to answer";

        Assert.DoesNotContain(late, await UnobservedFailures.OfAsync(GiveUpAsync));

        async Task GiveUpAsync()
        {
            var time = new FakeTimeProvider();
            var rows = new SilentRows(new MemoryStateStore()) { Failure = new StateStoreException(late) };
            await using var lease = new SiloLease(rows, new LiveSilos(new FakeMembership(1), time), time, NullLogger<SiloLease>.Instance);
            _ = lease.HoldAsync();
            await time.PassUntilAsync(() => rows.Asked.Reader.Count > 1, LeaseHarness.Step);
        }
    }

    /// <summary>Each renewal was given up after a second: nothing of ordered streams was sent for as long as the table was slow.</summary>
    [Fact]
    public async Task RowsThatAnswerSlowly_RenewTheLease()
    {
        var time = new FakeTimeProvider();
        var silos = new LiveSilos(new FakeMembership(1), time);
        await using var lease = new SiloLease(new TardyRows(new MemoryStateStore(), time), silos, time, NullLogger<SiloLease>.Instance);
        var held = lease.HoldAsync();
        await time.PassUntilAsync(() => held.IsCompleted, LeaseHarness.Step);
        var (lapses, until) = (0, time.GetElapsedTime(0) + (4 * SiloLease.TimeToLive));

        await time.PassUntilAsync(
            () =>
            {
                lapses += lease.IsHeld ? 0 : 1;
                return time.GetElapsedTime(0) >= until;
            },
            LeaseHarness.Step);

        Assert.Equal(0, lapses);
    }

    /// <summary>Rows that answer after almost two seconds.</summary>
    private sealed class TardyRows(IStateStore rows, TimeProvider time) : RowsOver(rows)
    {
        private static readonly TimeSpan Late = TimeSpan.FromSeconds(1.8);

        public override async Task<StateRow?> ReadAsync(string kind, string key, CancellationToken cancellationToken)
        {
            await Task.Delay(Late, time, cancellationToken);
            return await Inner.ReadAsync(kind, key, cancellationToken);
        }

        public override async Task<StateRow?> WriteAsync(string kind, string key, long over, string text, CancellationToken cancellationToken)
        {
            await Task.Delay(Late, time, cancellationToken);
            return await Inner.WriteAsync(kind, key, over, text, cancellationToken);
        }
    }

    /// <summary>Rows that are never written, and never answer.</summary>
    private sealed class SilentRows(IStateStore rows) : RowsOver(rows)
    {
        public Channel<CancellationToken> Asked { get; } = Channel.CreateUnbounded<CancellationToken>();

        /// <summary>How a write that is cancelled fails; null for as one that was cancelled.</summary>
        public Exception? Failure { get; init; }

        public override async Task<StateRow?> WriteAsync(string kind, string key, long over, string text, CancellationToken cancellationToken)
        {
            Assert.True(Asked.Writer.TryWrite(cancellationToken));
            await Task.Delay(Timeout.InfiniteTimeSpan, cancellationToken)
                .ConfigureAwait(Failure is null ? ConfigureAwaitOptions.None : ConfigureAwaitOptions.SuppressThrowing);
            throw Failure!;
        }
    }

    private static async Task<LeaseSilo> TakenAsync(LeaseHarness harness)
    {
        var silo = harness.Silo(1);
        await harness.EndAsync(harness.TakeAsync(silo));
        Assert.True(silo.Lease.IsHeld);
        return silo;
    }

    private static async Task LapseAsync(LeaseHarness harness)
    {
        harness.Store.RefusesLeases = true;
        await harness.PassAsync(SiloLease.TimeToLive);
        harness.Store.RefusesLeases = false;
    }
}
