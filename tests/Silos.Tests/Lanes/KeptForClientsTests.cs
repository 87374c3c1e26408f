using Orleans.Kpl.Lanes;
using Orleans.Kpl.Packed;
using Orleans.Kpl.Pipeline.Road.Promising;
using Orleans.Kpl.Silos.Lanes;

namespace Orleans.Kpl.Silos.Tests.Lanes;

/// <summary>What a silo keeps for clients that do not acknowledge it.</summary>
/// <remarks>Tests <see cref="KeptForClients"/>, <see cref="ClientSessions"/> and <see cref="BatchDeduplicator"/>.</remarks>
public sealed class KeptForClientsTests : IDisposable
{
    /// <summary>The most bytes. Each batch has one record: its outcome and its number are kept.</summary>
    private const int Most = 100 * BatchDeduplicator.BytesOfEach;

    private static readonly SiloId Self = FakeMembership.Silo(1);

    private readonly FakeTimeProvider _time = new();
    private readonly ClientSessions _sessions;
    // Why records fail; null where they are delivered.
    private string? _failure;
    private int _ended;

    public KeptForClientsTests() => _sessions = new ClientSessions(
        new FakePackedProducer(EndAll), new LiveSilos(new FakeMembership(), _time), new SiloState(_time), static (_, _) => throw new NotSupportedException(),
        _time, mostKept: Most);

    /// <summary>Each session could have four million, and there was no limit for all.</summary>
    [Fact]
    public async Task AClientThatNeverPolls_IsRefusedWhenTheSiloIsFull_AndShutsOutNobody()
    {
        var (silent, other) = (await OpenAsync(), await OpenAsync());
        var taken = await FillAsync(silent);
        Assert.InRange(taken, 90, 99);
        Assert.Equal(ClientVerdict.Accepted, await SendAsync(other, 1));

        // What is forgotten leaves room.
        await _sessions.CloseAsync("events", new ClientRequest { Session = silent });
        Assert.Equal(taken - 1, await FillAsync(other, from: 2));
    }

    /// <summary>Outcomes were counted, and not what they take. Without aggregation they have little in common: four million of them were a gigabyte.</summary>
    [Fact]
    public async Task AClientThatNeverPolls_IsRefusedTheSoonerTheMoreItsOutcomesTake()
    {
        _failure = new string('x', Most / 10);
        Assert.InRange(await FillAsync(await OpenAsync()), 1, 10);
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

        Assert.Equal(taken, await FillAsync(session, taken + 1, acknowledged.EndedBefore));
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

        Assert.Equal(Most / BatchDeduplicator.BytesOfEach, taken);
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

    private void EndAll(PackedRecords records, IBatchOutcomes batch)
    {
        batch.AllHandedOver();
        for (var i = 0; i < records.Count; i++)
        {
            batch.End(i, _failure is null
                ? RecordResult.Delivered("shardId-000000000000", "1", i, [])
                : RecordResult.NotDelivered(RecordStatus.Failed, RecordErrorCodes.Expired, $"{_failure} {++_ended}", null));
        }
    }
}
