using Orleans.Kpl.Lanes.Tests.Fakes;
using Orleans.Kpl.Silos.Lanes;

namespace Orleans.Kpl.Lanes.Tests.Sessions;

/// <remarks>Tests <see cref="ClientSessions"/>: what a client may open.</remarks>
public sealed class SessionLimitTests
{
    [Fact]
    public async Task Open_BeyondTheMost_IsRefusedUntilOneIsClosed()
    {
        var cluster = new FakeCluster(1);
        var silo = cluster.Silos[0];
        using var sessions = new ClientSessions(silo, silo, cluster.Time, most: 2);
        var requests = Enumerable.Range(0, 3).Select(static _ => new ClientRequest { Session = Guid.NewGuid() }).ToList();
        Assert.Equal(ClientVerdict.Accepted, (await sessions.OpenAsync("events", requests[0])).Verdict);
        Assert.Equal(ClientVerdict.Accepted, (await sessions.OpenAsync("events", requests[1])).Verdict);

        Assert.Equal(ClientVerdict.MemoryFull, (await sessions.OpenAsync("events", requests[2])).Verdict);
        // One that is there may be opened again: the answer was lost.
        Assert.Equal(ClientVerdict.Accepted, (await sessions.OpenAsync("events", requests[1])).Verdict);

        await sessions.CloseAsync("events", requests[0]);
        Assert.Equal(ClientVerdict.Accepted, (await sessions.OpenAsync("events", requests[2])).Verdict);
    }

    [Fact]
    public async Task Open_OfCallsWithoutRecords_NeedsTheSetting()
    {
        var cluster = new FakeCluster(1);
        var silo = cluster.Silos[0];
        var request = new ClientRequest { Session = Guid.NewGuid(), IsCallsOnly = true };
        using var sessions = new ClientSessions(silo, silo, cluster.Time);
        var reply = await sessions.OpenAsync("events", request);
        Assert.Equal((ClientVerdict.Invalid, RecordErrorCodes.NotSupported), (reply.Verdict, reply.ErrorCode));
        Assert.Equal(ClientVerdict.Forgotten, (await sessions.FlushAsync("events", request)).Verdict);

        using var allowing = new ClientSessions(silo, silo, cluster.Time, isCallsOnlyAllowed: true);
        Assert.Equal(ClientVerdict.Accepted, (await allowing.OpenAsync("events", request)).Verdict);
    }
}
