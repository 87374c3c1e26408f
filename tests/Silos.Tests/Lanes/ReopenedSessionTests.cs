using Orleans.Kpl.Lanes;
using Orleans.Kpl.Packed;
using Orleans.Kpl.Pipeline.Kinesis;
using Orleans.Kpl.Pipeline.Maps;
using Orleans.Kpl.Pipeline.Road.Promising;
using Orleans.Kpl.Silos.Lanes;
using Orleans.Kpl.Silos.Owners;
using Orleans.Kpl.Silos.Tests.Nodes;

namespace Orleans.Kpl.Silos.Tests.Lanes;

/// <summary>Sessions that are opened by the silo's name, or once more to hear what the silo serves.</summary>
/// <remarks>Tests <see cref="ClientSessions"/>.</remarks>
public sealed class ReopenedSessionTests : IDisposable
{
    private static readonly SiloId Near = FakeMembership.Silo(1);
    private static readonly SiloId Far = FakeMembership.Silo(2);
    private static readonly ClientRequest First = new() { Session = Guid.NewGuid() };

    private readonly HostedShards _hosted = new();
    private readonly ClientSessions _far;
    private readonly FakeMembership _membership = new();
    private readonly ClientSessions _near;

    public ReopenedSessionTests()
    {
        _hosted.Add(new ShardKey("events", "a"), null!, Task.CompletedTask);
        var map = ShardMaps.Of(1, [new ShardRange("a", 0, UInt128.MaxValue)]);
        var time = new FakeTimeProvider();
        _far = SessionsAt(new FakeMembership(self: 2), time, static (_, _) => throw new InvalidOperationException(), new ServedRanges(s => (s, map), _hosted));
        _near = SessionsAt(_membership, time, (_, stream) => new SessionCalls(_far, stream));
    }

    [Fact]
    public async Task Opening_ThatNamesAnotherSilo_IsPassedOn()
    {
        var reply = await _near.OpenAsync("events", First with { Silo = Far });

        Assert.Equal((ClientVerdict.Accepted, Far), (reply.Verdict, reply.Silo));
        Assert.NotEqual(0, reply.RangesVersion);
        Assert.Null(reply.Ranges);
    }

    [Fact]
    public async Task Opening_ThatNamesALostSilo_IsNotAccepted()
    {
        _membership.Set(Far, SiloStanding.Dead);

        Assert.Equal(ClientVerdict.Lost, (await _near.OpenAsync("events", First with { Silo = Far })).Verdict);
    }

    [Fact]
    public async Task SecondOpening_TellsWhatIsServed_AndWhoElseThereIs()
    {
        await _far.OpenAsync("events", First);

        var reply = await _near.OpenAsync("events", First with { Silo = Far, EndedBefore = 1 });

        Assert.Equal([(UInt128.Zero, UInt128.MaxValue)], PackedRanges.Parse(reply.Ranges!));
        Assert.Equal([Near, Far], reply.AllSilos!);
    }

    /// <summary>A new session of that name would take batches again that the former one took.</summary>
    [Fact]
    public async Task SecondOpening_OfASessionThatWasForgotten_DoesNotOpenItAnew()
    {
        await _far.OpenAsync("events", First);
        _far.Forget(TimeSpan.Zero);

        Assert.Equal(ClientVerdict.Forgotten, (await _far.OpenAsync("events", First with { EndedBefore = 1 })).Verdict);
        Assert.Equal(ClientVerdict.Forgotten, (await _far.FlushAsync("events", First)).Verdict);
    }

    /// <summary>It was removed by its name: the new one went with it, still open, and its client was told that it is forgotten.</summary>
    [Fact]
    public async Task Session_OpenedAnewWhileTheFormerOneIsForgotten_Stays()
    {
        var time = new InterruptedTime();
        using var sessions = SessionsAt(_membership, time, static (_, _) => throw new InvalidOperationException());
        await sessions.OpenAsync("events", First);
        time.Fake.Advance(ClientSessions.IdleLimit / 10);
        time.Interruption = () =>
        {
            _ = sessions.CloseAsync("events", First);
            _ = sessions.OpenAsync("events", First);
        };

        sessions.Forget(ClientSessions.IdleLimit / 10);

        Assert.Null(time.Interruption);
        Assert.Equal(ClientVerdict.Accepted, (await sessions.FlushAsync("events", First)).Verdict);
    }

    [Fact]
    public async Task Answer_ToABatch_TellsHowManyOfItsRecordsOthersSend_Once()
    {
        using var sessions = SessionsAt(_membership, new FakeTimeProvider(), static (_, _) => throw new InvalidOperationException());
        await sessions.OpenAsync("events", First);
        var batch = new ClientBatch
        {
            Session = First.Session, Silo = Near, FirstRecord = ClientBatch.MaxRecords, Records = FakePackedProducer.Pack(3),
        };

        Assert.Equal(2, (await sessions.AcceptAsync("events", batch)).Elsewhere);
        Assert.Equal(0, (await sessions.AcceptAsync("events", batch)).Elsewhere);
    }

    public void Dispose()
    {
        _near.Dispose();
        _far.Dispose();
    }

    private static ClientSessions SessionsAt(FakeMembership membership, TimeProvider time, Func<SiloId, string, ILaneCalls> others, ServedRanges? ranges = null)
    {
        var silos = new LiveSilos(membership, time);
        silos.Start();
        membership.Set(Near, SiloStanding.Active);
        membership.Set(Far, SiloStanding.Active);
        return new ClientSessions(
            new FakePackedProducer(ForwardTwo), silos, new SiloState(time), others, time, ranges: ranges is null ? null : ranges.Of);
    }

    private static void ForwardTwo(PackedRecords records, IBatchOutcomes batch)
    {
        ((SessionBatch)batch).SentElsewhere(2);
        batch.AllHandedOver();
    }

    /// <summary>Has something done, once, by whoever asks for the time next: as if other calls came then.</summary>
    private sealed class InterruptedTime : TimeProvider
    {
        public FakeTimeProvider Fake { get; } = new();

        public Action? Interruption { get; set; }

        public override long TimestampFrequency => Fake.TimestampFrequency;

        public override long GetTimestamp()
        {
            var interruption = Interruption;
            Interruption = null;
            interruption?.Invoke();
            return Fake.GetTimestamp();
        }

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
            Fake.CreateTimer(callback, state, dueTime, period);
    }
}
