namespace Orleans.Kpl.Pipeline.Tests.Road;

public sealed class ProducerShellTests
{
    private const string Stream = "events";

    [Fact]
    public async Task PutAsync_OfABatchThatIsDelivered_LetsGoOfTheBatch()
    {
        await using var producer = new StubProducer(RecordResult.Delivered("shardId-000000000000", "1", 0, []));

        var results = await producer.PutAsync(Stream, new UserRecord[] { new("a", default), new("b", default) });

        Assert.All(results, r => Assert.True(r.IsSuccess));
        Assert.Throws<ObjectDisposedException>(() => producer.Batch.Storage);
    }

    [Fact]
    public async Task PutAsync_OfABatchWithAFailure_KeepsTheBatch()
    {
        await using var producer = new StubProducer(RecordResult.NotDelivered(RecordStatus.Failed, "Expired", "too late", new UserRecord("a", default)));

        var results = await producer.PutAsync(Stream, new UserRecord[] { new("a", default) });

        Assert.Equal("a", Assert.Single(results).Record!.Value.PartitionKey);
        Assert.NotNull(producer.Batch.Storage);
    }

    [Fact]
    public async Task PutAsync_OfABatchOfTheEmbeddedProducer_GivesFailedRecordsBack()
    {
        await using var harness = new PipelineHarness(shards: 1, configure: o => o.RecordTtl = TimeSpan.FromSeconds(1));
        harness.Kinesis.Refuse = (_, _) => new PutRecordsReplyEntry(null, null, "InternalFailure", "broken");
        var records = PipelineHarness.Records(10);
        var put = harness.Producer.PutAsync(PipelineHarness.Stream, records).AsTask();
        await harness.DriveAsync(put, 50);

        foreach (var (result, record) in (await put).Zip(records))
        {
            Assert.Equal((RecordStatus.Failed, "Expired"), (result.Status, result.ErrorCode));
            Assert.Equal(record.PartitionKey, result.Record!.Value.PartitionKey);
            Assert.Equal(record.Data.ToArray(), result.Record!.Value.Data.ToArray());
        }
    }

    /// <summary>Each put that waited looked at every stream: of ten thousand streams that took milliseconds.</summary>
    [Fact]
    public async Task Relieve_HoweverManyCallersWait_LooksAtEachStreamAtOnce_AndOnceMoreAfterThePause()
    {
        await using var producer = new StubProducer();
        foreach (var stream in (string[])["one", "two", "three"])
            await producer.PutAsync(stream, new UserRecord[] { new("a", default) });

        for (var caller = 0; caller < 1_000; caller++)
            producer.CallerWaits();
        Assert.All(producer.Streams, static s => Assert.Equal(1, s.Reliefs));
        producer.Time.Advance(TimeSpan.FromMilliseconds(10));
        await Waiting.UntilAsync(() => producer.Streams.All(static s => s.Reliefs == 2));
        await producer.Time.PassUntilAsync(() => AsksAgain(producer), TimeSpan.FromMilliseconds(10));

        Assert.All(producer.Streams, static s => Assert.Equal(3, s.Reliefs));

        // In a pause nothing comes of it at once.
        static bool AsksAgain(StubProducer producer)
        {
            producer.CallerWaits();
            return producer.Streams.First().Reliefs == 3;
        }
    }

    /// <summary>
    /// KPL__STREAMS__EVENTS__ORDERED was accepted and had no effect; beside a file, .NET gives the file's settings of the stream that name too.
    /// </summary>
    [Theory]
    [InlineData("EVENTS", 1)]
    [InlineData("events", 0)]
    [InlineData("EVENT", 0)]
    public async Task SettingsOfAStream_UnderItsNameInAnotherCase_AreTold(string given, int told)
    {
        await using var harness = new PipelineHarness(configure: o => o.ForStream(given, static s => s.Ordered = OrderedMode.PutRecords));

        foreach (var record in PipelineHarness.Records(2))
            await harness.DriveAsync(await harness.EnqueueAsync(record));

        Assert.Equal(told, harness.Events.Said.Count(static s => s == "settings of EVENTS are those of events"));
    }

    [Fact]
    public async Task Of_AfterDisposal_IsRefused()
    {
        var producer = new StubProducer(default);
        Assert.Equal(Stream, producer.Uses.Get(Stream).Stream);
        await producer.DisposeAsync();

        Assert.Throws<ObjectDisposedException>(() => producer.Uses.Get(Stream));
        Assert.Throws<ObjectDisposedException>(() => { _ = producer.FlushAsync(); });
    }

    /// <summary>It failed for every later put too, and so did the disposal of the producer, before anything was stopped.</summary>
    [Fact]
    public async Task StreamWhoseMakingThrowsOnce_IsMadeByTheNextPut_AndTheProducerStops()
    {
        var producer = new StubProducer { CannotMake = new InvalidOperationException("no stream") };
        UserRecord[] records = [new("a", default)];
        await Assert.ThrowsAsync<InvalidOperationException>(() => producer.EnqueueAsync(Stream, records).AsTask());
        await Assert.ThrowsAsync<InvalidOperationException>(() => producer.EnqueueAsync("other", records).AsTask());
        producer.CannotMake = null;

        Assert.True(Assert.Single(await producer.PutAsync(Stream, records)).IsSuccess);
        Assert.Null(producer.Find("other"));
        await producer.DisposeAsync();
        Assert.Equal((1, Stream), (producer.Stops, producer.OnlyStream.Stream));
    }

    [Fact]
    public async Task DisposeAsync_Again_WaitsForTheSameEnd()
    {
        var producer = new StubProducer(default);
        producer.Uses.Get(Stream).Flush = new TaskCompletionSource();

        var first = producer.DisposeAsync().AsTask();
        var second = producer.DisposeAsync().AsTask();
        Assert.False(second.IsCompleted);
        producer.OnlyStream.Flush!.SetResult();

        await Task.WhenAll(first, second);
        Assert.Equal(1, producer.Stops);
    }

    /// <summary>Its records were given up, because nothing flushed them.</summary>
    [Fact]
    public async Task DisposeAsync_WhileAPutGoesIn_FlushesItBeforeTheStreamsStop()
    {
        var producer = new StubProducer();
        var stream = producer.Uses.Get(Stream);
        stream.Room = new TaskCompletionSource();
        var put = producer.EnqueueAsync(Stream, new UserRecord[] { new("a", default) }).AsTask();

        var disposing = producer.DisposeAsync().AsTask();
        Assert.Equal((0, false), (producer.Stops, disposing.IsCompleted));
        stream.Room.SetResult();

        await put;
        await disposing;
        Assert.Equal((1, 1), (stream.Flushed, producer.Stops));
    }

    [Fact]
    public async Task OldestRecordAge_IsThatOfTheOldestStream()
    {
        await using var producer = new StubProducer(default);
        Assert.Equal(TimeSpan.Zero, producer.OldestRecordAge);
        producer.Uses.Get("a").Oldest = 0;
        producer.Uses.Get("b").Oldest = TimeSpan.TicksPerSecond;
        producer.Time.Advance(TimeSpan.FromSeconds(3));

        Assert.Equal(TimeSpan.FromSeconds(3), producer.OldestRecordAge);
    }
}
