using Orleans.Kpl.Administration;

namespace Orleans.Kpl.Producer.Tests.Sockets;

/// <summary>An embedded producer remembers what failed, and explains it.</summary>
/// <remarks>Tests <see cref="Scaling.Running.EmbeddedAdmin"/> and <see cref="Scaling.Running.EmbeddedView"/>.</remarks>
public sealed class EmbeddedExplainTests
{
    [Fact]
    public async Task Explain_OfAFailure_HasItsAttemptsItsShardAndAdvice()
    {
        await using var kinesis = await LocalKinesis.StartAsync(shards: 2);
        await using var producer = kinesis.Producer();
        var refused = kinesis.Server.Kinesis.Faults.Add(new ErrorFault { Type = "ValidationException", Operation = "PutRecords" });
        Assert.False((await producer.PutAsync(LocalKinesis.Stream, LocalKinesis.Record(7))).IsSuccess);
        kinesis.Server.Kinesis.Faults.Remove(refused);

        var failure = await FailureAsync(producer, LocalKinesis.Stream);
        var told = await producer.Admin.ExplainAsync(LocalKinesis.Stream, ExplainQuestion.OfFailure(failure.Number));

        Assert.Equal((1, "ValidationException", null), (failure.Number, failure.ErrorCode, failure.PartitionKey));
        Assert.Equal(failure.HashKey, told.HashKey);
        Assert.NotEmpty(told.Failure!.Attempts);
        Assert.InRange(told.HashKey!.Value, told.StartingHashKey!.Value, told.EndingHashKey!.Value);
        Assert.Equal(ErrorAdvice.Of("ValidationException").Advice, told.Findings[1]);
        Assert.InRange(told.Bucket!.Value, 0.5, 1);
        Assert.True(told.IsMapCurrent);
    }

    [Fact]
    public async Task Explain_OfAKey_NamesTheShardThatTakesIt()
    {
        await using var kinesis = await LocalKinesis.StartAsync(shards: 4);
        await using var producer = kinesis.Producer();
        var delivered = await producer.PutAsync(LocalKinesis.Stream, LocalKinesis.Record(7));

        var ofKey = await producer.Admin.ExplainAsync(LocalKinesis.Stream, ExplainQuestion.OfKey("key-7"));
        var ofHash = await producer.Admin.ExplainAsync(LocalKinesis.Stream, ExplainQuestion.OfHash(ofKey.HashKey!.Value));

        Assert.Equal(delivered.ShardId, ofKey.ShardId);
        Assert.Equal((ofKey.ShardId, ofKey.MapVersion), (ofHash.ShardId, ofHash.MapVersion));
    }

    /// <summary>It named one shard, and half of the key's records went to the other.</summary>
    [Fact]
    public async Task Explain_OfAKeyOfAStreamThatRoutesEvenly_SaysThatItDecidesNothing()
    {
        await using var kinesis = await LocalKinesis.StartAsync(shards: 2);
        await using var producer = kinesis.Producer(o => o.Routing = RoutingMode.Even);

        var ofKey = await producer.Admin.ExplainAsync(LocalKinesis.Stream, ExplainQuestion.OfKey("key-7"));
        var ofHash = await producer.Admin.ExplainAsync(LocalKinesis.Stream, ExplainQuestion.OfHash(5));

        Assert.Null(ofKey.ShardId);
        Assert.StartsWith(
            "The key decides nothing: Routing=Even sends each record to the one of 2 shards that has most tokens", ofKey.Findings[0], StringComparison.Ordinal);
        // Records with an explicit hash key go by it.
        Assert.Contains($"Records of this hash key go to {ofHash.ShardId}.", ofHash.Findings);
    }

    /// <summary>Why a record failed is told also where the stream is no more.</summary>
    [Fact]
    public async Task Explain_OfAFailureOfNoStream_StillTellsWhy()
    {
        await using var kinesis = await LocalKinesis.StartAsync();
        await using var producer = kinesis.Producer();
        await producer.PutAsync("nowhere", LocalKinesis.Record(7));
        await FailureAsync(producer, "nowhere");

        var told = await producer.Admin.ExplainAsync("nowhere", ExplainQuestion.OfFailure(1));

        Assert.Null(told.ShardId);
        Assert.Contains(told.Findings, f => f.StartsWith("The shards cannot be read", StringComparison.Ordinal));
        Assert.Contains(ErrorAdvice.Of(RecordErrorCodes.ResourceNotFound).Advice, told.Findings);
        var unknown = await Assert.ThrowsAsync<StreamManagerException>(() => producer.Admin.ExplainAsync("nowhere", ExplainQuestion.OfFailure(2)));
        Assert.Equal(StreamManagerErrorCodes.UnknownFailure, unknown.Code);
    }

    [Theory]
    [InlineData(-1, 10)]
    [InlineData(0, 0)]
    [InlineData(0, 1_001)]
    public async Task GetFailures_OutOfItsRange_IsRefused(long after, int max)
    {
        await using var producer = KplProducer.Create(LocalKinesis.OptionsOf(new Uri("http://127.0.0.1:9")));
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => producer.Admin.GetFailuresAsync("events", after, max));
    }

    [Fact]
    public async Task View_HasEveryStreamAndTheShardsOfTheOneAskedFor()
    {
        await using var kinesis = await LocalKinesis.StartAsync(shards: 4);
        await using var producer = kinesis.Producer();
        await producer.PutAsync(LocalKinesis.Stream, LocalKinesis.Records(100).ToArray());

        var report = Assert.Single(await producer.Parts.View.ReportAsync(LocalKinesis.Stream, CancellationToken.None));

        var stream = Assert.Single(report.Streams);
        Assert.Equal((LocalKinesis.Stream, 4, 100), (stream.Stream, stream.Shards, stream.Ledger.Delivered));
        Assert.Equal(100, report.Shards.Sum(s => s.Minute.Count == 0 ? 0 : s.Minute[0] + (s.LastMinute.Count == 0 ? 0 : s.LastMinute[0])));
        Assert.Equal("shardId-000000000000", report.Shards.MinBy(s => s.StartingHashKey)!.ShardId);
        Assert.Empty(Assert.Single(await producer.Parts.View.ReportAsync(null, CancellationToken.None)).Shards);
    }

    /// <summary>The one failure of a stream: it is remembered after its caller has heard of it.</summary>
    private static async Task<FailedRecord> FailureAsync(KplProducer producer, string stream)
    {
        await Waiting.UntilAsync(async () => (await producer.Admin.GetFailuresAsync(stream)).Failures.Count > 0);
        return Assert.Single((await producer.Admin.GetFailuresAsync(stream)).Failures);
    }
}
