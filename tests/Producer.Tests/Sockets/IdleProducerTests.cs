using Orleans.Kpl.Administration;
using Orleans.Kpl.Pipeline.Producing;
using Orleans.Kpl.Testing;

namespace Orleans.Kpl.Producer.Tests.Sockets;

/// <summary>An embedded producer closes streams that nobody uses.</summary>
/// <remarks>Tests <see cref="IdleStreams{TStream}"/> in the producer that users create.</remarks>
public sealed class IdleProducerTests
{
    [Fact]
    public async Task AStream_ThatNobodyUsesForTenMinutes_ClosesAndComesBackAtTheNextPut()
    {
        await using var kinesis = await LocalKinesis.StartAsync();
        var time = new FakeTimeProvider();
        await using var producer = KplProducer.Create(kinesis.Options(), timeProvider: time);
        for (var round = 1; round <= 2; round++)
        {
            var put = producer.PutAsync(LocalKinesis.Stream, new UserRecord("key", new byte[10])).AsTask();
            await Waiting.UntilAsync(() => Passes(time, put), "the record is delivered");
            Assert.True((await put).IsSuccess);

            Pass(time, StreamIdling.Limit * 0.9);
            Assert.Equal(round - 1, producer.IdleClosings);
            Pass(time, StreamIdling.Limit * 0.4);
            await Waiting.UntilAsync(() => producer.IdleClosings == round, "the stream closes");

            Assert.Equal((round, round), (producer.GetLedger(LocalKinesis.Stream).Accepted, producer.ReadLedger().Delivered));
            Assert.Equal(round, Assert.Single(await ToldAsync(producer)).Ledger.Delivered);
        }
    }

    /// <summary>The streams that the producer tells of, closed ones included.</summary>
    private static async Task<IReadOnlyList<StreamReport>> ToldAsync(KplProducer producer) =>
        [.. (await producer.View.ReportAsync(null, TestContext.Current.CancellationToken)).SelectMany(static r => r.Streams)];

    /// <summary>Lets a little time pass: less than a call may take.</summary>
    private static bool Passes(FakeTimeProvider time, Task put)
    {
        time.Advance(TimeSpan.FromMilliseconds(10));
        return put.IsCompleted;
    }

    private static void Pass(FakeTimeProvider time, TimeSpan all)
    {
        for (var passed = TimeSpan.Zero; passed < all; passed += TimeSpan.FromSeconds(10))
            time.Advance(TimeSpan.FromSeconds(10));
    }
}
