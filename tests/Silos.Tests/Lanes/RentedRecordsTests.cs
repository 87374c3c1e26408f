using System.Buffers;
using Orleans.Kpl.Lanes;
using Orleans.Kpl.Silos.Lanes;

namespace Orleans.Kpl.Silos.Tests.Lanes;

/// <summary>
/// When the memory in which a batch came goes back to the pool. That nobody needs the records by then is what the simulator shows: there it has other
/// bytes from then on.
/// </summary>
/// <remarks>Tests <see cref="ClientSessions"/>.</remarks>
public sealed class RentedRecordsTests : IDisposable
{
    private static readonly SiloId Near = FakeMembership.Silo(1);
    private static readonly SiloId Far = FakeMembership.Silo(2);

    private readonly FakeMembership _membership = new();
    private readonly ClientSessions _sessions;
    private Func<Task<ClientReply>> _answer = static () => Task.FromResult(new ClientReply(ClientVerdict.Accepted, Far, 2));

    public RentedRecordsTests()
    {
        var time = new FakeTimeProvider();
        var silos = new LiveSilos(_membership, time);
        silos.Start();
        _membership.Set(Near, SiloStanding.Active);
        _membership.Set(Far, SiloStanding.Active);
        _sessions = new ClientSessions(
            new FakePackedProducer(static (_, batch) => batch.AllHandedOver()), silos, new SiloState(time), (_, _) => new FakeFarSilo(() => _answer()), time);
    }

    [Fact]
    public async Task ABatchThatIsAccepted_GivesItBack()
    {
        var (batch, rented) = Received(Near);
        await _sessions.OpenAsync("events", new ClientRequest { Session = batch.Session });
        Assert.Equal(ClientVerdict.Accepted, (await _sessions.AcceptAsync("events", batch)).Verdict);
        Assert.Equal(1, rented.Returns);

        // Once: the next batch has it by now.
        batch.ReturnRecords();
        Assert.Equal(1, rented.Returns);
    }

    [Fact]
    public async Task ABatchThatAnotherSiloAnswers_GivesItBack()
    {
        var (batch, rented) = Received(Far);
        Assert.Equal(ClientVerdict.Accepted, (await _sessions.AcceptAsync("events", batch)).Verdict);
        Assert.Equal(1, rented.Returns);
    }

    [Fact]
    public async Task ABatchThatIsNotGivenToALostSilo_GivesItBack()
    {
        _membership.Set(Far, SiloStanding.Dead);
        var (batch, rented) = Received(Far);
        Assert.Equal(ClientVerdict.NotGiven, (await _sessions.AcceptAsync("events", batch)).Verdict);
        Assert.Equal(1, rented.Returns);
    }

    /// <summary>The call may still be on its way, to a silo that others count as lost and that lives.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task ABatchThatAnotherSiloDoesNotAnswer_KeepsIt(bool isLost)
    {
        _answer = () =>
        {
            if (isLost)
                _membership.Set(Far, SiloStanding.Dead);
            return Task.FromException<ClientReply>(new TimeoutException());
        };
        var (batch, rented) = Received(Far);
        if (isLost)
            Assert.Equal(ClientVerdict.Lost, (await _sessions.AcceptAsync("events", batch)).Verdict);
        else
            await Assert.ThrowsAsync<TimeoutException>(() => _sessions.AcceptAsync("events", batch));
        Assert.Equal(0, rented.Returns);
    }

    public void Dispose() => _sessions.Dispose();

    private static (ClientBatch Batch, RentedBytes Rented) Received(SiloId silo)
    {
        var rented = new RentedBytes(FakePackedProducer.Pack(1));
        var session = Guid.NewGuid();
        return (new ClientBatch { Session = session, Silo = silo, FirstRecord = ClientBatch.MaxRecords, Records = rented.Memory, Owner = rented }, rented);
    }

    private sealed class RentedBytes(byte[] bytes) : IMemoryOwner<byte>
    {
        public Memory<byte> Memory => bytes;

        public int Returns { get; private set; }

        public void Dispose() => Returns++;
    }
}
