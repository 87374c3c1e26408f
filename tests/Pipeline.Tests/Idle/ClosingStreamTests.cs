using Orleans.Kpl.Pipeline.Idle;
using Orleans.Kpl.Pipeline.Tests.Road;

namespace Orleans.Kpl.Pipeline.Tests.Idle;

/// <summary>Puts that come while their stream closes.</summary>
/// <remarks>Tests <see cref="ClosingQueues"/>.</remarks>
public sealed class ClosingStreamTests
{
    private const string Stream = "events";
    private const int Puts = 50;

    /// <summary>They were resumed in any order once the stream had closed, and an ordered stream lost its order.</summary>
    [Fact]
    public async Task PutsThatComeWhileAStreamCloses_GoInInTheOrderTheyCame()
    {
        await using var producer = new StubProducer(closesSlowly: true, ordered: OrderedMode.PutRecords);
        await PutAsync(producer, 0);
        await producer.UntilClosingAsync();

        var puts = Enumerable.Range(1, Puts).Select(i => PutAsync(producer, i)).ToList();
        Assert.Equal(["0"], producer.Keys);
        producer.Closed.SetResult();
        await Task.WhenAll(puts).WaitAsync(Waiting.Long);
        await PutAsync(producer, Puts + 1);

        Assert.Equal(Enumerable.Range(0, Puts + 2).Select(i => $"{i}"), producer.Keys);
        Assert.Equal(1, producer.IdleClosings);
    }

    /// <summary>A place in line is left also by who is refused: those behind it go on.</summary>
    [Fact]
    public async Task AProducerThatIsDisposedMeanwhile_RefusesThemAll()
    {
        var producer = new StubProducer(closesSlowly: true, ordered: OrderedMode.PutRecords);
        await PutAsync(producer, 0);
        await producer.UntilClosingAsync();
        var puts = Enumerable.Range(1, 3).Select(i => PutAsync(producer, i)).ToList();
        var disposing = producer.DisposeAsync().AsTask();
        producer.Closed.SetResult();

        await disposing.WaitAsync(Waiting.Long);
        foreach (var put in puts)
            await Assert.ThrowsAsync<ObjectDisposedException>(() => put.WaitAsync(Waiting.Long));
        Assert.Equal(["0"], producer.Keys);
    }

    /// <summary>They waited until the stream had closed, whatever their callers had said.</summary>
    [Fact]
    public async Task PutsThatComeWhileAStreamCloses_WaitNoLongerThanTheyMay()
    {
        await using var producer = new StubProducer(closesSlowly: true, ordered: OrderedMode.PutRecords);
        await PutAsync(producer, 0);
        await producer.UntilClosingAsync();
        using var given = new CancellationTokenSource();
        var cancelled = PutAsync(producer, 1, null, given.Token);
        var timed = PutAsync(producer, 2, new PutOptions { AcceptTimeout = TimeSpan.FromSeconds(1) });
        var behind = PutAsync(producer, 3);
        await given.CancelAsync();
        producer.Time.Advance(TimeSpan.FromSeconds(1));

        await PipelineHarness.SettleAsync();
        var hasEnded = (cancelled.IsCompleted, timed.IsCompleted);
        producer.Closed.SetResult();

        Assert.Equal((true, true), hasEnded);
        // A caller tells its own cancellation from others by the token.
        Assert.Equal(given.Token, (await Assert.ThrowsAnyAsync<OperationCanceledException>(() => cancelled)).CancellationToken);
        await Assert.ThrowsAsync<AcceptTimeoutException>(() => timed);
        await behind.WaitAsync(Waiting.Long);
        Assert.Equal(["0", "3"], producer.Keys);
    }

    /// <summary>The time for which a put may wait began anew once the stream was open.</summary>
    [Fact]
    public async Task APutThatWaitedForAStream_WaitsForItsRecordsOnlyWhatIsLeft()
    {
        await using var producer = new StubProducer(closesSlowly: true, ordered: OrderedMode.PutRecords);
        await PutAsync(producer, 0);
        await producer.UntilClosingAsync();
        var put = PutAsync(producer, 1, new PutOptions { AcceptTimeout = TimeSpan.FromSeconds(1) });
        producer.Time.Advance(TimeSpan.FromSeconds(0.6));
        producer.Closed.SetResult();
        await put.WaitAsync(Waiting.Long);

        Assert.Equal(TimeSpan.FromSeconds(0.4), producer.LastOptions!.AcceptTimeout);
    }

    /// <summary>Each found the other one in line, and stood behind it: they went one at a time for as long as both went on.</summary>
    [Fact]
    public async Task TwoCallersOfAnUnorderedStream_ThatWaitedOnce_WaitForEachOtherNoMore()
    {
        const int Each = 20;
        await using var producer = new StubProducer(closesSlowly: true);
        await PutAsync(producer, 0);
        await producer.UntilClosingAsync();

        var callers = Enumerable.Range(0, 2).Select(_ => CallAsync()).ToList();
        producer.Closed.SetResult();

        Assert.All(await Task.WhenAll(callers).WaitAsync(Waiting.Long), static waited => Assert.Equal(1, waited));
        Assert.Equal(1 + 2 * Each, producer.Keys.Count);

        async Task<int> CallAsync()
        {
            var waited = 0;
            for (var i = 0; i < Each; i++)
            {
                var put = PutAsync(producer, i);
                waited += put.IsCompleted ? 0 : 1;
                await put.ConfigureAwait(false);
            }

            return waited;
        }
    }

    /// <summary>It stayed closed, so that each put waited without end. No stream was looked at any more either.</summary>
    [Fact]
    public async Task AStreamWhoseLookThrows_TakesPuts_AndIsLookedAtAgain_AsTheOthersAre()
    {
        await using var producer = new StubProducer(closesSlowly: true);
        producer.Closed.SetResult();
        var looks = 0;
        producer.Look = () => ++looks == 1 ? throw new InvalidOperationException("as the test says") : IdleStep.Close;
        await PutAsync(producer, 0);
        await PutAsync(producer, 1, stream: "others");

        for (var i = 0; i < 20 && producer.Events.Defects.IsEmpty; i++)
            producer.PassToNextLook();
        Assert.IsType<InvalidOperationException>(Assert.Single(producer.Events.Defects));
        var left = Assert.Single(producer.Streams).Stream;
        Assert.True(PutAsync(producer, 2, stream: left).IsCompletedSuccessfully);

        await producer.UntilClosingAsync();
        Assert.Empty(producer.Streams);
    }

    private static Task PutAsync(
        StubProducer producer, int number, PutOptions? options = null, CancellationToken cancellationToken = default, string stream = Stream) =>
        producer.EnqueueAsync(stream, new UserRecord[] { new($"{number}", default) }, options, cancellationToken).AsTask();
}
