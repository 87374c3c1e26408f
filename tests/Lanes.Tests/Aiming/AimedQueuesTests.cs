using System.Net;
using Orleans.Kpl.Lanes.Aiming;
using Orleans.Kpl.Lanes.Dealing;
using Orleans.Kpl.Lanes.Sessions;
using Orleans.Kpl.Pipeline.Road.Promising;
using Orleans.Kpl.Silos;

namespace Orleans.Kpl.Lanes.Tests.Aiming;

public sealed class AimedQueuesTests
{
    /// <summary>Each went as a message of its own: as many calls as records, and as many messages in line.</summary>
    [Fact]
    public void RecordsAimedAtASilo_ToWhichNoLaneLeads_GoInOneMessage()
    {
        const int Records = 100;
        var queues = new AimedQueues();
        var away = new AimTarget(new SiloId(IPAddress.Loopback, 11_000, 1));
        var session = new SiloSession(null!, Guid.NewGuid(), new SiloId(IPAddress.Loopback, 11_001, 1), null!);
        var lane = new Lane(null!, session, new LaneWindow { InFlight = 1 });
        var lanes = new LaneTable();
        lanes.Deal([lane]);
        var sink = new AcceptedOutcome(new AcceptanceTerms(new FlushBarrier().Enter(Records), 0, TimeSpan.TicksPerMinute, Immediate: false));

        for (var i = 0; i < Records; i++)
        {
            queues.Add(Numbered.Incoming(i, sink), away, lanes);
            Assert.Null(queues.TryTake(lanes, wait: 0, now: 0, out _));
        }

        lane.Window.InFlight = 0;
        Assert.Equal(Records, queues.TryTake(lanes, wait: 0, now: 0, out _)!.Value.Message.Count);
        Assert.True(queues.IsEmpty);
    }

    /// <summary>While full messages kept each lane busy it went never: its records expired, and a flush of them ended no sooner.</summary>
    [Theory]
    [InlineData(TimeSpan.TicksPerMinute, false, TimeSpan.TicksPerSecond)]
    [InlineData(TimeSpan.TicksPerMinute, true, TimeSpan.TicksPerSecond)]
    [InlineData(800, false, 100)]
    public void AMessageThatRecordsMayJoin_TakesABusyLane_OnceItHasWaitedForAnIdleOne(long timeToLive, bool isImmediate, long waits)
    {
        var queues = new AimedQueues();
        var session = new SiloSession(null!, Guid.NewGuid(), new SiloId(IPAddress.Loopback, 11_001, 1), null!);
        var lanes = new LaneTable();
        lanes.Deal([new Lane(null!, session, new LaneWindow { InFlight = 1 })]);
        var sink = new AcceptedOutcome(new AcceptanceTerms(new FlushBarrier().Enter(1), 5, 5 + timeToLive, isImmediate));
        queues.Add(Numbered.Incoming(0, sink), target: null, lanes);

        Assert.Null(queues.TryTake(lanes, wait: 1, now: 4 + waits, out var readyAt));
        Assert.Equal(5 + waits, readyAt);
        Assert.NotNull(queues.TryTake(lanes, wait: 1, now: readyAt, out _));
    }
}
