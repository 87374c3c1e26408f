namespace Orleans.Kpl.Producer.Tests.Sockets;

/// <summary>A stream of an embedded producer is one stream, by its name and by its ARN.</summary>
/// <remarks>Tests <see cref="Pipeline.Names.NamedPuts"/> and <see cref="Pipeline.Names.StreamNameResolver"/>.</remarks>
public sealed class EmbeddedArnTests
{
    private const string Arn = $"arn:aws:kinesis:us-east-1:000000000000:stream/{LocalKinesis.Stream}";

    /// <summary>They were two: each with a limiter, an order, a ledger and settings of its own.</summary>
    [Fact]
    public async Task Puts_UnderBothSpellings_GoToOneStream_WithItsSettingsAndItsOrder()
    {
        await using var kinesis = await LocalKinesis.StartAsync(shards: 1);
        await using var producer = kinesis.Producer(static o => o.ForStream(LocalKinesis.Stream, static s =>
            (s.Ordered, s.MaxUserRecordSize) = (OrderedMode.PutRecords, 2_000)));
        List<Task<RecordResult>> puts = [];
        for (var number = 0; number < 60; number++)
            puts.Add(producer.PutAsync(number % 3 == 2 ? LocalKinesis.Stream : Arn, LocalKinesis.Record(number)).AsTask());
        Assert.All(await Task.WhenAll(puts), static r => Assert.True(r.IsSuccess, r.ToString()));

        Assert.Equal(Enumerable.Range(0, 60).Select(static n => LocalKinesis.Record(n).PartitionKey), kinesis.Applied().Select(static r => r.Key));
        Assert.Equal(60, producer.GetLedger(LocalKinesis.Stream).Delivered);
        Assert.Equal(producer.GetLedger(LocalKinesis.Stream), producer.GetLedger(Arn));
        await Assert.ThrowsAsync<RecordValidationException>(() => producer.PutAsync(Arn, new UserRecord("k", new byte[2_001])).AsTask());
        var report = Assert.Single(await producer.Parts.View.ReportAsync(Arn, TestContext.Current.CancellationToken));
        Assert.Equal(LocalKinesis.Stream, Assert.Single(report.Streams).Stream);
    }

    [Fact]
    public async Task Administration_UnderBothSpellings_IsOfOneStream()
    {
        await using var kinesis = await LocalKinesis.StartAsync(shards: 2);
        await using var producer = kinesis.Producer();

        var operation = await producer.Admin.SetShardCountAsync(Arn, 4);

        var told = await producer.Admin.GetOperationAsync(LocalKinesis.Stream, operation.OperationId);
        Assert.Equal(operation.OperationId, told.OperationId);
        Assert.Equal(await producer.Backlog.GetBacklogAsync(LocalKinesis.Stream), await producer.Backlog.GetBacklogAsync(Arn));
    }

    /// <summary>By an ARN that nobody had named before there were none, and so kpl verify told failed records as missing.</summary>
    [Fact]
    public async Task FailuresAndNumbers_ByTheArnAlone_AreThoseOfTheStream()
    {
        await using var kinesis = await LocalKinesis.StartAsync(shards: 1);
        await using var producer = kinesis.Producer(static o => (o.ProducerNumbers, o.MaxAttempts) = (true, 1));
        kinesis.Server.Kinesis.Faults.Add(new RecordErrorFault { Count = 1 });
        await producer.PutAsync(LocalKinesis.Stream, LocalKinesis.Record(0));

        await Waiting.UntilAsync(async () => (await producer.Admin.GetFailuresAsync(LocalKinesis.Stream)).Failures.Count == 1);
        Assert.Single((await producer.Admin.GetFailuresAsync(Arn)).Failures);
        await using var other = kinesis.Producer(static o => o.ProducerNumbers = true);
        await other.PutAsync(LocalKinesis.Stream, LocalKinesis.Record(0));
        Assert.Single((await other.Admin.GetLastNumbersAsync(Arn)).Lines);
    }

    /// <summary>By an ARN that nobody had named before, a flush came back at once.</summary>
    [Fact]
    public async Task Flush_ByTheArnAlone_IsThatOfTheStream()
    {
        await using var kinesis = await LocalKinesis.StartAsync(shards: 1);
        await using var producer = kinesis.Producer(static o => o.RecordMaxBufferedTime = TimeSpan.FromSeconds(10));
        await producer.EnqueueAsync(LocalKinesis.Stream, LocalKinesis.Record(0));

        await producer.FlushAsync(Arn);

        Assert.Equal(1, producer.GetLedger(LocalKinesis.Stream).Delivered);
    }

    /// <summary>A time-to-live of nothing had passed before the name was told: the mistake was a record that had expired.</summary>
    [Fact]
    public async Task AnArnThatNobodyHasNamed_WithOptionsThatCannotBe_IsAskedForByNobody()
    {
        await using var kinesis = await LocalKinesis.StartAsync(shards: 1);
        await using var producer = kinesis.Producer();
        var put = () => producer.PutAsync(Arn, LocalKinesis.Record(1), new PutOptions { TimeToLive = TimeSpan.Zero }).AsTask();
        Assert.Contains("1 millisecond to 24 days", (await Assert.ThrowsAsync<ArgumentOutOfRangeException>(put)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task AnArnOfNoStream_Fails_AndItsRecordsComeBack()
    {
        await using var kinesis = await LocalKinesis.StartAsync(shards: 0);
        await using var producer = kinesis.Producer();

        var result = await producer.PutAsync(Arn, LocalKinesis.Record(1));

        Assert.Equal((RecordStatus.Failed, RecordErrorCodes.ResourceNotFound), (result.Status, result.ErrorCode));
        Assert.Equal(LocalKinesis.Record(1).PartitionKey, result.Record!.Value.PartitionKey);
    }
}
