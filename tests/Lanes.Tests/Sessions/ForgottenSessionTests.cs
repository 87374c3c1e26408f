using Orleans.Kpl.Packed;
using Orleans.Kpl.Silos;
using Orleans.Kpl.Silos.Lanes;

namespace Orleans.Kpl.Lanes.Tests.Sessions;

/// <summary>What a silo keeps for clients that ask no more.</summary>
/// <remarks>Tests <see cref="ClientSession"/>.</remarks>
public sealed class ForgottenSessionTests
{
    [Fact]
    public async Task Session_ThatNobodyAsksFor_IsForgottenAndItsRecordsGoOn()
    {
        var time = new FakeTimeProvider();
        using var cluster = new FakeCluster(1, siloTime: time);
        var silo = cluster.Silos[0];
        silo.EndsAtOnce = false;
        var request = new ClientRequest { Session = Guid.NewGuid(), Silo = silo.Self };
        await silo.Sessions.OpenAsync("events", request);
        Assert.Equal(ClientVerdict.Accepted, (await silo.Sessions.AcceptAsync("events", BatchOf(request, first: 1_024))).Verdict);

        time.Advance(ClientSessions.IdleLimit / 2);
        Assert.Equal(ClientVerdict.Accepted, (await silo.Sessions.FlushAsync("events", request)).Verdict);
        time.Advance(ClientSessions.IdleLimit * 0.75);
        Assert.Equal(ClientVerdict.Accepted, (await silo.Sessions.FlushAsync("events", request)).Verdict);
        time.Advance(ClientSessions.IdleLimit * 1.5);
        Assert.Equal(ClientVerdict.Forgotten, (await silo.Sessions.TakeOutcomesAsync("events", request)).Verdict);
        Assert.Equal(ClientVerdict.Forgotten, (await silo.Sessions.AcceptAsync("events", BatchOf(request, first: 1_024))).Verdict);
        Assert.True(silo.Sessions.HasToldAll);
    }

    /// <summary>The sweep came before the calls that waited for this process too: records that were delivered ended as unknown.</summary>
    [Fact]
    public async Task Sessions_AfterAPauseOfTheSilo_AreForgottenOnlyWhereNoCallComesAfterIt()
    {
        var time = new PausedTime();
        using var cluster = new FakeCluster(1, siloTime: time);
        var silo = cluster.Silos[0];
        var (asked, silent) = (Request(), Request());
        await silo.Sessions.OpenAsync("events", asked);
        await silo.Sessions.OpenAsync("events", silent);

        time.Pause(ClientSessions.IdleLimit * 2);
        time.Clock.Advance(TimeSpan.FromSeconds(10));
        Assert.Equal(ClientVerdict.Accepted, (await silo.Sessions.FlushAsync("events", asked)).Verdict);
        time.Clock.Advance(TimeSpan.FromSeconds(10));

        Assert.Equal(ClientVerdict.Accepted, (await silo.Sessions.FlushAsync("events", asked)).Verdict);
        Assert.Equal(ClientVerdict.Forgotten, (await silo.Sessions.FlushAsync("events", silent)).Verdict);

        ClientRequest Request() => new() { Session = Guid.NewGuid(), Silo = silo.Self };
    }

    [Fact]
    public async Task Outcomes_AreToldAgainUntilTheyAreAcknowledged()
    {
        var time = new FakeTimeProvider();
        using var cluster = new FakeCluster(1, siloTime: time);
        var silo = cluster.Silos[0];
        var request = new ClientRequest { Session = Guid.NewGuid(), Silo = silo.Self };
        await silo.Sessions.OpenAsync("events", request);
        await silo.Sessions.AcceptAsync("events", BatchOf(request, first: 2_048));

        var first = await silo.Sessions.TakeOutcomesAsync("events", request);
        var again = await silo.Sessions.TakeOutcomesAsync("events", request);
        Assert.Equal((1, 1), (first.FirstMessage, again.FirstMessage));
        Assert.Equal(first.Messages, again.Messages);
        foreach (var outcome in PackedOutcomes.Parse(Assert.Single(first.Messages)))
            Assert.Equal((2_048, RecordStatus.Delivered), (outcome.Index, outcome.Result.Status));
        Assert.False(silo.Sessions.HasToldAll);
        var polling = silo.Sessions.TakeOutcomesAsync("events", request with { AcknowledgedUpTo = 1 });
        await time.PassUntilAsync(() => polling.IsCompleted, ClientOutcomes.LongestWait);
        var none = await polling;
        Assert.Equal((2, 0), (none.FirstMessage, none.Messages.Length));
        Assert.True(silo.Sessions.HasToldAll);
    }

    [Fact]
    public async Task CallToAnotherSilo_IsPassedOnWhileThatOneLives()
    {
        using var cluster = new FakeCluster(2);
        var (there, here) = (cluster.Silos[0], cluster.Silos[1]);
        var request = new ClientRequest { Session = Guid.NewGuid(), Silo = there.Self };
        await there.Sessions.OpenAsync("events", request);

        Assert.Equal((ClientVerdict.Accepted, there.Self), Of(await here.Sessions.FlushAsync("events", request)));
        there.Die();
        Assert.Equal((ClientVerdict.Lost, there.Self), Of(await here.Sessions.FlushAsync("events", request)));
        Assert.Equal(ClientVerdict.Lost, (await here.Sessions.TakeOutcomesAsync("events", request)).Verdict);

        static (ClientVerdict, SiloId) Of(ClientReply reply) => (reply.Verdict, reply.Silo);
    }

    private static ClientBatch BatchOf(ClientRequest request, int first)
    {
        var writer = new PackedRecordsWriter();
        writer.TryAdd("k", [1]);
        return new ClientBatch { Session = request.Session, Silo = request.Silo!, FirstRecord = first, Records = writer.ToArray() };
    }

    /// <summary>The time of a process that was stopped for a while: no timer fired meanwhile.</summary>
    private sealed class PausedTime : TimeProvider
    {
        private long _paused;

        public FakeTimeProvider Clock { get; } = new();

        public override long TimestampFrequency => Clock.TimestampFrequency;

        public override long GetTimestamp() => Clock.GetTimestamp() + _paused;

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
            Clock.CreateTimer(callback, state, dueTime, period);

        public void Pause(TimeSpan by) => _paused += by.Ticks;
    }
}
