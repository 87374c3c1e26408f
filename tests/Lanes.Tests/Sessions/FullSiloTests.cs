using System.Collections.Concurrent;

namespace Orleans.Kpl.Lanes.Tests.Sessions;

/// <remarks>Tests <see cref="Lanes.Sessions.SiloSession"/>.</remarks>
public sealed class FullSiloTests
{
    /// <summary>
    /// Its polls are answered, so that the silo counts as reachable. A message whose first answer was lost went there again and again, however
    /// long its records were over.
    /// </summary>
    [Fact]
    public async Task Record_WhoseAnswerWasLost_AtASiloThatStaysFull_EndsSoonAfterItsTimeToLive()
    {
        var time = new FakeTimeProvider();
        var silo = new FullSilo(time);
        var options = new KplOptions { RecordTtl = TimeSpan.FromSeconds(5), DrainTimeout = TimeSpan.Zero };
        await using var producer = FakeCluster.NewProducer(silo, options, time);

        var put = producer.PutAsync(Numbered.Stream, Numbered.Record(1)).AsTask();
        await time.PassUntilAsync(() => put.IsCompleted, TimeSpan.FromMilliseconds(50));

        Assert.True(silo.Refusals > 3, $"{silo.Refusals} refusals");
        var result = await put.WaitAsync(Numbered.Long);
        Assert.Equal((RecordStatus.Unknown, RecordErrorCodes.OwnerLost), (result.Status, result.ErrorCode));
    }

    /// <summary>It was told as unknown, as if the silo might have it: the silo had answered each time that it has not.</summary>
    [Fact]
    public async Task Record_ThatASiloHasRefused_FailsWithItsProducer_AndIsNotUnknown()
    {
        var time = new FakeTimeProvider();
        var silo = new FullSilo(time, hasLost: true);
        var producer = FakeCluster.NewProducer(silo, new KplOptions { DrainTimeout = TimeSpan.Zero }, time);
        var put = producer.PutAsync(Numbered.Stream, Numbered.Record(1)).AsTask();
        await Waiting.UntilAsync(() => silo.Refusals > 0 && time.IsDueWithin(TimeSpan.FromSeconds(1)));

        await producer.DisposeAsync();

        var result = await put.WaitAsync(Numbered.Long);
        Assert.Equal((RecordStatus.Failed, RecordErrorCodes.Shutdown), (result.Status, result.ErrorCode));
        Assert.Equal("the producer was disposed before a silo took the record over", result.ErrorMessage);
    }

    /// <summary>
    /// Each came again every half second, all at the same instants: ten thousand clients sent a silo 2.5 GB a second that it refused. And a record ended up to
    /// half a second late.
    /// </summary>
    [Fact]
    public async Task Records_ThatASiloRefuses_ComeEverMoreRarely_NotAllAtOnce_AndEndWithTheirTimeToLive()
    {
        var (time, ttl, step) = (new FakeTimeProvider(), TimeSpan.FromSeconds(5), TimeSpan.FromMilliseconds(50));
        var silo = new FullSilo(time, hasLost: true);
        var options = new KplOptions { RecordTtl = ttl, DrainTimeout = TimeSpan.Zero };
        var producers = Enumerable.Range(0, 3).Select(_ => FakeCluster.NewProducer(silo, options, time)).ToList();
        var puts = producers.ConvertAll(static p => p.PutAsync(Numbered.Stream, Numbered.Record(1)).AsTask());

        // The ledger tells it at once; the callers have it from threads that may be late, while time goes on.
        await time.PassUntilAsync(() => producers.TrueForAll(static p => p.GetLedger(Numbered.Stream).InFlight == 0), step);

        Assert.InRange(time.GetElapsedTime(0), ttl, ttl + (2 * step));
        foreach (var result in await Task.WhenAll(puts).WaitAsync(Numbered.Long))
            Assert.Equal((RecordStatus.Failed, RecordErrorCodes.Expired), (result.Status, result.ErrorCode));
        var came = silo.Came.GroupBy(static c => c.Session, static c => c.At).Select(static c => c.ToList()).ToList();
        Assert.All(came, static c => Assert.InRange(c.Count, 8, 13));
        Assert.False(came[0].SequenceEqual(came[1]) && came[1].SequenceEqual(came[2]), "all came at the same instants");
        foreach (var producer in producers)
            await producer.DisposeAsync();
    }

    /// <summary>Loses the answer to the first batch, and has no memory for any.</summary>
    private sealed class FullSilo(TimeProvider time, bool hasLost = false) : ILanes, ILaneCalls
    {
        private readonly Silos.SiloId _id = Silos.SiloId.Parse("10.0.0.1:11111@1");
        private bool _hasLost = hasLost;

        public int Refusals { get; private set; }

        /// <summary>When which session's batch was refused.</summary>
        public ConcurrentQueue<(Guid Session, TimeSpan At)> Came { get; } = [];

        public CancellationToken GatewayLost => CancellationToken.None;

        public ILaneCalls Fresh(string stream) => this;

        public Task<ClientReply> OpenAsync(ClientRequest request) => Task.FromResult(new ClientReply(ClientVerdict.Accepted, _id, 1));

        public Task<ClientReply> AcceptAsync(ClientBatch batch)
        {
            if (!_hasLost)
            {
                _hasLost = true;
                return Task.FromException<ClientReply>(new TimeoutException("the answer was lost"));
            }

            Refusals++;
            Came.Enqueue((batch.Session, time.GetElapsedTime(0)));
            return Task.FromResult(new ClientReply(ClientVerdict.MemoryFull, _id, 1) { MaxInFlight = 64 });
        }

        public async Task<ClientOutcomes> TakeOutcomesAsync(ClientRequest request)
        {
            await Task.Delay(TimeSpan.FromSeconds(2), time);
            return new ClientOutcomes(ClientVerdict.Accepted, _id, 1, 1, []);
        }

        public Task<ClientReply> FlushAsync(ClientRequest request) => Task.FromResult(new ClientReply(ClientVerdict.Accepted, _id, 1));

        public Task<ClientReply> CloseAsync(ClientRequest request) => FlushAsync(request);
    }
}
