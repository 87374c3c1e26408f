using Orleans.Kpl.Lanes;
using Orleans.Kpl.Packed;
using Orleans.Kpl.Pipeline.Road.Promising;
using Orleans.Kpl.Silos.Lanes;

namespace Orleans.Kpl.Silos.Tests.Lanes;

/// <summary>What a silo keeps for clients that do not acknowledge it.</summary>
/// <remarks>Tests <see cref="KeptForClients"/>, <see cref="ClientSessions"/> and <see cref="BatchDeduplicator"/>.</remarks>
public sealed class KeptForClientsTests : IDisposable
{
    /// <summary>Each batch has one record: its outcome and its number are kept.</summary>
    private const int Most = 100, EachBatch = 2;

    private static readonly SiloId Self = FakeMembership.Silo(1);

    private readonly FakeTimeProvider _time = new();
    private readonly ClientSessions _sessions;

    public KeptForClientsTests() => _sessions = new ClientSessions(
        new FakePackedProducer(EndAll), new LiveSilos(new FakeMembership(), _time), new SiloState(_time), static (_, _) => throw new NotSupportedException(),
        _time, mostKept: Most);

    /// <summary>Each session could have four million, and there was no limit for all.</summary>
    [Fact]
    public async Task AClientThatNeverPolls_IsRefusedWhenTheSiloIsFull_AndShutsOutNobody()
    {
        var (silent, other) = (await OpenAsync(), await OpenAsync());
        Assert.Equal(Most / EachBatch, await FillAsync(silent));
        Assert.Equal(ClientVerdict.Accepted, await SendAsync(other, 1));

        // What is forgotten leaves room.
        await _sessions.CloseAsync("events", new ClientRequest { Session = silent });
        Assert.Equal(Most / EachBatch - 1, await FillAsync(other, from: 2));
    }

    [Fact]
    public async Task AClientThatAcknowledges_IsTakenAgain()
    {
        var session = await OpenAsync();
        var taken = await FillAsync(session);
        var outcomes = await _sessions.TakeOutcomesAsync("events", new ClientRequest { Session = session });
        var acknowledged = new ClientRequest
        {
            Session = session, AcknowledgedUpTo = outcomes.FirstMessage + outcomes.Messages.Length - 1, EndedBefore = Number(taken + 1),
        };
        await PollAsync(acknowledged);

        Assert.Equal(Most / EachBatch, await FillAsync(session, taken + 1, acknowledged.EndedBefore));
    }

    /// <summary>It acknowledged outcomes, so that they had no limit, and never said which records have ended: each batch was remembered.</summary>
    [Fact]
    public async Task AClientThatNeverSaysWhichRecordsHaveEnded_IsRefusedInTheEnd()
    {
        var session = await OpenAsync();
        var taken = 0;
        for (var acknowledged = 0L; ; )
        {
            var more = await FillAsync(session, taken + 1);
            if (more == 0)
                break;
            taken += more;
            var outcomes = await _sessions.TakeOutcomesAsync("events", new ClientRequest { Session = session, AcknowledgedUpTo = acknowledged });
            acknowledged = outcomes.FirstMessage + outcomes.Messages.Length - 1;
            await PollAsync(new ClientRequest { Session = session, AcknowledgedUpTo = acknowledged });
            Assert.InRange(taken, 1, Most);
        }

        Assert.Equal(Most, taken);
    }

    public void Dispose() => _sessions.Dispose();

    private static long Number(int batch) => (long)batch * ClientBatch.MaxRecords;

    private async Task<Guid> OpenAsync()
    {
        var session = Guid.NewGuid();
        Assert.Equal(ClientVerdict.Accepted, (await _sessions.OpenAsync("events", new ClientRequest { Session = session })).Verdict);
        return session;
    }

    /// <summary>Acknowledges; there are no more outcomes, so that the answer comes after a while.</summary>
    private async Task PollAsync(ClientRequest request)
    {
        var polling = _sessions.TakeOutcomesAsync("events", request);
        await _time.PassUntilAsync(() => polling.IsCompleted, ClientOutcomes.LongestWait);
    }

    /// <summary>Sends batches until one is refused. Returns how many were taken.</summary>
    private async Task<int> FillAsync(Guid session, int from = 1, long endedBefore = 0)
    {
        for (var taken = 0; ; taken++)
        {
            var verdict = await SendAsync(session, from + taken, endedBefore);
            if (verdict == ClientVerdict.MemoryFull)
                return taken;
            Assert.Equal((ClientVerdict.Accepted, true), (verdict, taken < 10 * Most));
        }
    }

    private async Task<ClientVerdict> SendAsync(Guid session, int batch, long endedBefore = 0)
    {
        var reply = await _sessions.AcceptAsync("events", new ClientBatch
        {
            Session = session, Silo = Self, FirstRecord = Number(batch), EndedBefore = endedBefore, Records = FakePackedProducer.Pack(1),
        });
        return reply.Verdict;
    }

    private static void EndAll(PackedRecords records, IBatchOutcomes batch)
    {
        batch.AllHandedOver();
        for (var i = 0; i < records.Count; i++)
            batch.End(i, RecordResult.Delivered("shardId-000000000000", "1", i, []));
    }
}
