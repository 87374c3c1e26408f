using System.Net;
using Orleans.Kpl.Lanes;
using Orleans.Runtime;

namespace Orleans.Kpl.Contracts.Tests.Lanes;

/// <summary>A session says what travels on its lane, field by field.</summary>
public sealed class LaneMessagesTests
{
    private static readonly SiloAddress Silo = SiloAddress.New(IPAddress.Loopback, 1, 2);

    [Fact]
    public void Verdicts_AreThoseOfTheLane() => Assert.Equal(
        Enum.GetValues<LaneVerdict>().Select(static v => ($"{v}", (int)v)), Enum.GetValues<ClientVerdict>().Select(static v => ($"{v}", (int)v)));

    [Fact]
    public void Messages_ComeBackAsTheyWere()
    {
        var batch = new LaneBatch { Session = Guid.NewGuid(), FirstRecord = 1, Records = [2], Options = new PutOptions(), EndedBefore = 3, Silo = Silo };
        Assert.Equal(batch, batch.ToClient().ToLane());
        var request = new LaneRequest { Session = Guid.NewGuid(), Silo = Silo, AcknowledgedUpTo = 4, EndedBefore = 5, IsCallsOnly = true };
        Assert.Equal(request, request.ToClient().ToLane());
        Assert.Null((request with { Silo = null }).ToClient().ToLane().Silo);
        var reply = new LaneReply { Verdict = LaneVerdict.Invalid, Silo = Silo, Silos = 6, ErrorCode = "code", ErrorMessage = "message", MaxInFlight = 10 };
        Assert.Equal(reply, reply.ToClient().ToLane());
        var outcomes = new LaneOutcomes { Verdict = LaneVerdict.Draining, Silo = Silo, Silos = 7, FirstMessage = 8, Messages = [[9]] };
        Assert.Equal(outcomes, outcomes.ToClient().ToLane());
    }
}
