using Orleans.Kpl.Client.Tests.Fakes;
using Orleans.Kpl.Grains.Lanes;
using Orleans.Kpl.Lanes;
using Orleans.Kpl.Packed;
using Orleans.Kpl.Silos.Lanes;
using Orleans.Kpl.Testing;

namespace Orleans.Kpl.Client.Tests.Sessions;

/// <summary>What a silo keeps for clients that ask no more.</summary>
/// <remarks>Tests <see cref="ClientSession"/>.</remarks>
public sealed class ForgottenSessionTests
{
    [Fact]
    public async Task Session_ThatNobodyAsksFor_IsForgottenAndItsRecordsGoOn()
    {
        var time = new FakeTimeProvider();
        using var cluster = new FakeCluster(0) { Time = time };
        cluster.AddSilo();
        var silo = cluster.Silos[0];
        silo.EndsAtOnce = false;
        var session = Guid.NewGuid();
        var request = new LaneRequest { Session = session, Silo = silo.Self };
        await silo.Sessions.OpenLaneAsync("events", request);
        Assert.Equal(LaneVerdict.Accepted, (await silo.Sessions.AcceptLaneAsync("events", Batch())).Verdict);

        time.Advance(ClientSessions.IdleLimit / 2);
        Assert.Equal(LaneVerdict.Accepted, (await silo.Sessions.FlushLaneAsync("events", request)).Verdict);
        time.Advance(ClientSessions.IdleLimit * 0.75);
        Assert.Equal(LaneVerdict.Accepted, (await silo.Sessions.FlushLaneAsync("events", request)).Verdict);
        time.Advance(ClientSessions.IdleLimit * 1.5);
        Assert.Equal(LaneVerdict.Forgotten, (await silo.Sessions.TakeLaneOutcomesAsync("events", request)).Verdict);
        Assert.Equal(LaneVerdict.Forgotten, (await silo.Sessions.AcceptLaneAsync("events", Batch())).Verdict);
        Assert.True(silo.Sessions.HasToldAll);

        LaneBatch Batch()
        {
            var writer = new PackedRecordsWriter();
            writer.TryAdd("k", [1]);
            return new LaneBatch { Session = session, Silo = silo.Self, FirstRecord = 1_024, Records = writer.ToArray() };
        }
    }

    [Fact]
    public async Task Outcomes_AreToldAgainUntilTheyAreAcknowledged()
    {
        using var cluster = new FakeCluster(1);
        var silo = cluster.Silos[0];
        var request = new LaneRequest { Session = Guid.NewGuid(), Silo = silo.Self };
        await silo.Sessions.OpenLaneAsync("events", request);
        var writer = new PackedRecordsWriter();
        writer.TryAdd("k", [1]);
        await silo.Sessions.AcceptLaneAsync(
            "events", new LaneBatch { Session = request.Session, Silo = silo.Self, FirstRecord = 2_048, Records = writer.ToArray() });

        var first = await silo.Sessions.TakeLaneOutcomesAsync("events", request);
        var again = await silo.Sessions.TakeLaneOutcomesAsync("events", request);
        Assert.Equal((1, 1), (first.FirstMessage, again.FirstMessage));
        Assert.Equal(first.Messages, again.Messages);
        foreach (var outcome in PackedOutcomes.Parse(Assert.Single(first.Messages)))
            Assert.Equal((2_048, RecordStatus.Delivered), (outcome.Index, outcome.Result.Status));
        Assert.False(silo.Sessions.HasToldAll);
        var none = await silo.Sessions.TakeLaneOutcomesAsync("events", request with { AcknowledgedUpTo = 1 });
        Assert.Equal((2, 0), (none.FirstMessage, none.Messages.Length));
        Assert.True(silo.Sessions.HasToldAll);
    }

    [Fact]
    public async Task CallToAnotherSilo_IsPassedOnWhileThatOneLives()
    {
        using var cluster = new FakeCluster(2);
        var (there, here) = (cluster.Silos[0], cluster.Silos[1]);
        var request = new LaneRequest { Session = Guid.NewGuid(), Silo = there.Self };
        await there.Sessions.OpenLaneAsync("events", request);

        Assert.Equal((LaneVerdict.Accepted, there.Self), Of(await here.Sessions.FlushLaneAsync("events", request)));
        there.IsDead = true;
        Assert.Equal((LaneVerdict.Lost, there.Self), Of(await here.Sessions.FlushLaneAsync("events", request)));
        Assert.Equal(LaneVerdict.Lost, (await here.Sessions.TakeLaneOutcomesAsync("events", request)).Verdict);

        static (LaneVerdict, Orleans.Runtime.SiloAddress) Of(LaneReply reply) => (reply.Verdict, reply.Silo);
    }
}
