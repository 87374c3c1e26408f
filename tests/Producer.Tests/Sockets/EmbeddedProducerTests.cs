using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Orleans.Kpl.Administration;
using Orleans.Kpl.Pipeline.Idle;

namespace Orleans.Kpl.Producer.Tests.Sockets;

/// <summary>The whole embedded product against a Kinesis endpoint, over real sockets.</summary>
/// <remarks>Tests <see cref="KplProducer"/>, and <see cref="IdleStreams{TStream}"/> in it.</remarks>
public class EmbeddedProducerTests
{
    private static readonly TimeSpan Hour = TimeSpan.FromHours(1);

    [Fact]
    public async Task Put_WhenABatch_DeliversEachRecordOnceAndAggregates()
    {
        const int count = 20_000;
        await using var kinesis = await LocalKinesis.StartAsync();
        await using var producer = kinesis.Producer();
        var results = await producer.PutAsync(LocalKinesis.Stream, LocalKinesis.Records(count));
        Assert.All(results, r => Assert.True(r.IsSuccess, r.ToString()));

        var applied = kinesis.Applied().ToDictionary(r => r.Key);
        Assert.Equal(count, applied.Count);
        for (var i = 0; i < count; i++)
            Assert.Equal((results[i].ShardId, results[i].SequenceNumber, $"data-{i}"),
                (applied[$"key-{i}"].Shard, applied[$"key-{i}"].SequenceNumber, applied[$"key-{i}"].Data));
        Assert.InRange(kinesis.Server.Kinesis.Get(LocalKinesis.Stream).Shards.Sum(s => s.AppliedRecords), 4, count / 50);
        Assert.Equal(new StreamLedger(count, count, 0, 0, 0, 0, 0), producer.GetLedger(LocalKinesis.Stream));
    }

    [Fact]
    public async Task Put_WhenTheStreamIsUnknown_FailsAtOnceAndNotifies()
    {
        var log = new Logging.CapturedLog();
        await using var kinesis = await LocalKinesis.StartAsync();
        await using var producer = kinesis.Producer(o => o.RecordTtl = Hour, log);
        var told = new TaskCompletionSource<RecordFailure>(TaskCreationOptions.RunContinuationsAsynchronously);
        producer.RecordFailed += failure => told.TrySetResult(failure);

        var result = await producer.PutAsync("nowhere", LocalKinesis.Record(7)).AsTask().WaitAsync(LocalKinesis.Long);
        Assert.Equal((RecordStatus.Failed, RecordErrorCodes.ResourceNotFound), (result.Status, result.ErrorCode));
        Assert.Equal("key-7", result.Record!.Value.PartitionKey);
        Assert.Equal(RecordErrorCodes.ResourceNotFound, Assert.Throws<RecordFailedException>(() => result.EnsureSuccess()).Result.ErrorCode);

        var failure = await told.Task.WaitAsync(LocalKinesis.Long);
        Assert.Equal(("nowhere", "key-7", RecordErrorCodes.ResourceNotFound), (failure.Stream, failure.Record.PartitionKey, failure.Result.ErrorCode));
        Assert.Equal(new StreamLedger(1, 0, 1, 0, 0, 0, 0), producer.GetLedger("nowhere"));
        Assert.Contains(log.Lines, l => l.Line == "nowhere: Kinesis does not know this stream; its records fail");
        Assert.DoesNotContain(log.Lines, l => l.Line.Contains("key-7", StringComparison.Ordinal));

        // Other streams are not touched by it.
        Assert.True((await producer.PutAsync(LocalKinesis.Stream, LocalKinesis.Record(7))).IsSuccess);
    }

    /// <summary>A call in JSON would have been refused, and its record been tried again.</summary>
    [Fact]
    public async Task Put_WhenTheEndpointTakesNoCbor_SendsJsonAndSaysItOnce()
    {
        var log = new Logging.CapturedLog();
        await using var kinesis = await LocalKinesis.StartAsync();
        await using var producer = kinesis.Producer(o => o.WireFormat = WireFormat.Cbor, log);
        kinesis.Server.Kinesis.Faults.Add(new HtmlErrorFault { Operation = "PutRecords", Status = 415, Count = 1 });

        Assert.Single((await producer.PutAsync(LocalKinesis.Stream, LocalKinesis.Record(0))).Attempts);
        Assert.All(await producer.PutAsync(LocalKinesis.Stream, LocalKinesis.Records(100)), static r => Assert.True(r.IsSuccess, r.ToString()));

        var (_, line) = Assert.Single(log.Lines, static l => l.Level >= LogLevel.Warning);
        Assert.StartsWith($"{kinesis.Server.Url.Authority} does not take CBOR, records go there in JSON: HTTP 415", line, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Host_WhenItStopsWithNoTimeLeft_StillDrainsForTheDrainTimeout()
    {
        await using var kinesis = await LocalKinesis.StartAsync();
        var builder = Host.CreateEmptyApplicationBuilder(new());
        builder.Configuration.AddInMemoryCollection(
        [
            new("Kpl:Kinesis:EndpointUrl", kinesis.Server.Url.ToString()),
            new("Kpl:Streams:events:RecordMaxBufferedTime", "1h"),
            new("Kpl:RecordTtl", "2h"),
        ]);
        builder.Services.AddKpl(builder.Configuration.GetSection("Kpl"));
        builder.Services.Configure<HostOptions>(o => o.ShutdownTimeout = TimeSpan.Zero);
        using var host = builder.Build();
        await host.StartAsync();
        var producer = host.Services.GetRequiredService<IKplProducer>();
        var batch = await producer.EnqueueAsync(LocalKinesis.Stream, LocalKinesis.Records(500));
        Assert.False(batch.Delivery.IsCompleted);
        await host.StopAsync().WaitAsync(LocalKinesis.Long);
        Assert.True(batch.Delivery.IsCompletedSuccessfully);
        Assert.All(await batch.Delivery, r => Assert.True(r.IsSuccess, r.ToString()));
        Assert.Equal(500, kinesis.Applied().Count);
    }

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
            Assert.Equal(round - 1, producer.Parts.Pipeline.IdleClosings);
            // It stays while the call that had the record is not over, which a thread may be late to note.
            await time.PassUntilAsync(() => producer.Parts.Pipeline.IdleClosings == round, TimeSpan.FromSeconds(10));

            Assert.Equal((round, round), (producer.GetLedger(LocalKinesis.Stream).Accepted, producer.Parts.ReadLedger().Delivered));
            Assert.Equal(round, Assert.Single(await ToldAsync(producer)).Ledger.Delivered);
        }
    }

    /// <summary>The streams that the producer tells of, closed ones included.</summary>
    private static async Task<IReadOnlyList<StreamReport>> ToldAsync(KplProducer producer) =>
        [.. (await producer.Parts.View.ReportAsync(null, TestContext.Current.CancellationToken)).SelectMany(static r => r.Streams)];

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
