namespace Orleans.Kpl.Testing.Tests;

public sealed class FakeKplProducerTests
{
    private static readonly FakeAnswer Throttled = FakeAnswer.Failed(RecordErrorCodes.Throttled, "too fast");

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Put_WhenNothingIsSaid_IsKeptAndDelivered()
    {
        await using var producer = new FakeKplProducer();
        var data = "one"u8.ToArray();

        var result = await producer.PutAsync("events", new UserRecord("key", data, 7), PutOptions.WithoutLinger, Cancelled);
        data[0] = 0;

        Assert.Equal((RecordStatus.Delivered, "shardId-000000000000", 1), (result.Status, result.ShardId, result.AttemptCount));
        Assert.Equal(56, result.SequenceNumber!.Length);
        var record = Assert.Single(producer.Records);
        Assert.Equal(("events", "key", "one", (UInt128?)7, AckLevel.Delivered),
            (record.Stream, record.PartitionKey, record.Text, record.ExplicitHashKey, record.AckLevel));
        Assert.Same(PutOptions.WithoutLinger, record.Options);
        Assert.Equal(new StreamLedger { Accepted = 1, Delivered = 1 }, producer.GetLedger("events"));
        Assert.Equal(default, producer.GetLedger("others"));
    }

    [Fact]
    public async Task Put_OfABatch_KeepsInvalidRecordsAtTheirPlaces()
    {
        await using var producer = new FakeKplProducer();
        UserRecord[] records = [UserRecord.FromText("a", "1"), UserRecord.FromText("", "2"), UserRecord.FromText("c", "3")];

        var results = await producer.PutAsync("events", records, cancellationToken: Cancelled);

        Assert.Equal([null, RecordErrorCodes.InvalidPartitionKey, null], results.Select(r => r.ErrorCode));
        Assert.Equal(["1", "3"], producer.RecordsOf("events").Select(r => r.Text));
        Assert.Equal(2, producer.GetLedger("events").Accepted);
        Assert.True(string.CompareOrdinal(results[0].SequenceNumber, results[2].SequenceNumber) < 0);
    }

    [Fact]
    public async Task AnswerNext_OfAFailure_IsTheResultTheEventAndTheLedger()
    {
        await using var producer = new FakeKplProducer(timeProvider: new FakeTimeProvider());
        var failures = new List<RecordFailure>();
        producer.RecordFailed += failures.Add;
        producer.AnswerNext(Throttled with { Attempts = 3 });
        producer.AnswerNext(FakeAnswer.Unknown());

        var results = await producer.PutAsync("events", [.. "abc".Select(c => UserRecord.FromText("key", c.ToString()))], cancellationToken: Cancelled);

        Assert.Equal([RecordStatus.Failed, RecordStatus.Unknown, RecordStatus.Delivered], results.Select(r => r.Status));
        Assert.Equal((RecordErrorCodes.Throttled, "too fast", 3), (results[0].ErrorCode, results[0].ErrorMessage, results[0].AttemptCount));
        Assert.Equal("a"u8.ToArray(), results[0].Record!.Value.Data.ToArray());
        Assert.Equal([RecordErrorCodes.Throttled, RecordErrorCodes.OwnerLost], failures.Select(f => f.Result.ErrorCode));
        Assert.Equal(new StreamLedger { Accepted = 3, Delivered = 1, Failed = 1, Unknown = 1 }, producer.GetLedger("events"));
    }

    [Fact]
    public async Task Answer_OfEachRecord_IsAskedWithIt()
    {
        await using var producer = new FakeKplProducer { Answer = r => r.Stream == "bad" ? FakeAnswer.Failed($"No {r.Text}") : FakeAnswer.Persisted };

        Assert.Equal("No x", (await producer.PutAsync("bad", UserRecord.FromText("k", "x"), cancellationToken: Cancelled)).ErrorCode);
        Assert.Equal(RecordStatus.Persisted, (await producer.PutAsync("good", UserRecord.FromText("k", "x"), cancellationToken: Cancelled)).Status);
        Assert.Equal(1, producer.GetLedger("good").InBacklog);
    }

    [Fact]
    public async Task Delivered_AfterAttempts_TellsOfThem()
    {
        await using var producer = new FakeKplProducer { Answer = _ => FakeAnswer.Delivered with { Attempts = 2, ShardId = "shardId-000000000007" } };
        var result = await producer.PutAsync("events", UserRecord.FromText("k", "x"), cancellationToken: Cancelled);
        Assert.Equal([RecordErrorCodes.Throttled, null], result.Attempts.Select(a => a.ErrorCode));
        Assert.Equal("shardId-000000000007", result.ShardId);
    }

    [Fact]
    public async Task Hold_UntilRelease_KeepsRecordsUnderWay()
    {
        var time = new FakeTimeProvider();
        await using var producer = new FakeKplProducer(timeProvider: time);
        producer.Hold();
        var first = await producer.EnqueueAsync("events", UserRecord.FromText("key", "1"), cancellationToken: Cancelled);
        time.Advance(TimeSpan.FromSeconds(2));
        using var others = await producer.EnqueueAsync("events", [UserRecord.FromText("k", "2"), UserRecord.FromText("k", "3")], cancellationToken: Cancelled);
        var flush = producer.FlushAsync(cancellationToken: Cancelled);

        Assert.Equal((3L, TimeSpan.FromSeconds(2)), (producer.OutstandingRecords, producer.OldestRecordAge));
        Assert.Equal((3 * 160) + 4 + 2 + 2, producer.OutstandingBytes);
        Assert.Equal(3, producer.GetLedger("events").InFlight);
        Assert.Throws<InvalidOperationException>(() => others.Results.Length);
        Assert.Equal(1, producer.Release(1));
        Assert.True((await first.Delivery).IsSuccess);
        Assert.False(flush.IsCompleted);
        Assert.Equal(2, producer.Release());
        await flush;
        Assert.Equal(2, (await others.Delivery).Count(r => r.IsSuccess));
        Assert.Equal((0L, 0L, TimeSpan.Zero), (producer.OutstandingRecords, producer.OutstandingBytes, producer.OldestRecordAge));
        Assert.True((await producer.PutAsync("events", UserRecord.FromText("k", "4"), cancellationToken: Cancelled)).IsSuccess);
    }

    /// <summary>Leaving the scope of a batch under way threw, and hid the exception that the scope was left for.</summary>
    [Fact]
    public async Task Batch_ThatIsDisposedUnderWay_ThrowsNothing_AndEndsAsIfItWereNot()
    {
        await using var producer = new FakeKplProducer();
        producer.Hold();
        EnqueuedBatch? left = null;
        var error = await Assert.ThrowsAsync<NotSupportedException>(LeaveAsync);
        Assert.Equal("a defect of the caller", error.Message);

        await using var other = new FakeKplProducer();
        using var others = await other.EnqueueAsync(
            "events", new[] { UserRecord.FromText("k", "3"), UserRecord.FromText("k", "4") }, cancellationToken: Cancelled);
        await others.Delivery;
        var before = others.Results.ToArray();
        producer.Release();
        await left!.Delivery.WaitAsync(Waiting.Long);
        Assert.All(left, static r => Assert.True(r.IsSuccess));
        Assert.Equal(before, others.Results.ToArray());

        left.Dispose();
        Assert.Throws<ObjectDisposedException>(() => left[0]);

        async Task LeaveAsync()
        {
            using var batch = left = await producer.EnqueueAsync(
                "events", new[] { UserRecord.FromText("k", "1"), UserRecord.FromText("k", "2") }, cancellationToken: Cancelled);
            throw new NotSupportedException("a defect of the caller");
        }
    }

    [Fact]
    public async Task Flush_OfOneStream_WaitsForNoOther()
    {
        await using var producer = new FakeKplProducer { Answer = r => FakeAnswer.Delivered with { IsHeld = r.Stream == "slow" } };
        await producer.EnqueueAsync("slow", UserRecord.FromText("k", "1"), cancellationToken: Cancelled);

        await producer.FlushAsync("events", Cancelled);
        using var stop = new CancellationTokenSource();
        var all = producer.FlushAsync(null, stop.Token);
        await stop.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => all);
        Assert.Equal(["events", null], producer.Flushes);
        Assert.Equal(1, producer.OutstandingRecords);
    }

    [Fact]
    public async Task IsFull_WhereTheModeIsBlock_LetsPutsWait()
    {
        await using var producer = new FakeKplProducer { IsFull = true };
        using var stop = new CancellationTokenSource();
        var given = producer.EnqueueAsync("events", UserRecord.FromText("k", "1"), null, stop.Token).AsTask();
        var patient = producer.PutAsync("events", [UserRecord.FromText("k", "2")], null, Cancelled).AsTask();
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => given);
        Assert.False(patient.IsCompleted);
        // A real producer answers it at once: what it refuses needs no memory.
        var refused = producer.PutAsync("events", [UserRecord.FromText("", "3")], null, Cancelled);
        Assert.True(refused.IsCompleted);
        Assert.Equal(RecordErrorCodes.InvalidPartitionKey, (await refused)[0].ErrorCode);

        producer.IsFull = false;
        Assert.True(Assert.Single(await patient).IsSuccess);
        Assert.Equal("2", Assert.Single(producer.Records).Text);
    }

    [Theory]
    [InlineData(HighWaterMode.Drop, RecordStatus.Failed, RecordErrorCodes.Dropped)]
    [InlineData(HighWaterMode.Spill, RecordStatus.Persisted, null)]
    public async Task IsFull_WhereTheModeIsAnother_Decides(HighWaterMode mode, RecordStatus status, string? code)
    {
        var options = new KplOptions { HighWaterMode = mode, Backlog = { Directory = Path.Combine(Path.GetTempPath(), "never-made") } };
        await using var producer = new FakeKplProducer(options) { IsFull = true };

        var alone = await producer.PutAsync("events", UserRecord.FromText("k", "1"), cancellationToken: Cancelled);
        var together = await producer.PutAsync("events", [UserRecord.FromText("k", "2")], cancellationToken: Cancelled);

        Assert.All([alone, together[0]], r => Assert.Equal((status, code), (r.Status, r.ErrorCode)));
        Assert.Equal(mode == HighWaterMode.Spill ? 2 : 0, producer.GetLedger("events").InBacklog);
        Assert.False(Directory.Exists(options.Backlog.Directory));
    }

    /// <summary>It was answered as persisted, though its put says that it never is.</summary>
    [Fact]
    public async Task IsFull_WhereAPutNeverSpills_LetsItWait()
    {
        var options = new KplOptions { HighWaterMode = HighWaterMode.Spill, Backlog = { Directory = "never-made" } };
        await using var producer = new FakeKplProducer(options) { IsFull = true };
        var never = new PutOptions { NeverSpills = true };

        var waiting = producer.PutAsync("events", UserRecord.FromText("k", "1"), never, Cancelled).AsTask();
        var asked = await producer.PutAsync("events", UserRecord.FromText("k", "2"), never with { AckLevel = AckLevel.Persisted }, Cancelled);

        Assert.Equal((false, RecordStatus.Persisted), (waiting.IsCompleted, asked.Status));
        producer.IsFull = false;
        Assert.Equal(RecordStatus.Delivered, (await waiting).Status);
    }

    [Fact]
    public async Task IsFull_WhereAPutNeverSpillsOfAStreamThatPersists_SpillsIt()
    {
        var options = new KplOptions { HighWaterMode = HighWaterMode.Spill, AckLevel = AckLevel.Persisted, Backlog = { Directory = "never-made" } };
        await using var producer = new FakeKplProducer(options) { IsFull = true };

        var put = producer.PutAsync("events", UserRecord.FromText("k", "1"), new PutOptions { NeverSpills = true }, Cancelled).AsTask();

        Assert.True(put.IsCompleted);
        Assert.Equal(RecordStatus.Persisted, (await put).Status);
    }

    /// <summary>A request of an app of one's own that serves the routes of HTTP was never answered.</summary>
    [Fact]
    public async Task IsFull_ForLongerThanAPutMayWait_RefusesIt()
    {
        var time = new FakeTimeProvider();
        await using var producer = new FakeKplProducer(timeProvider: time) { IsFull = true };
        var waiting = producer.PutAsync("events", UserRecord.FromText("k", "1"), new PutOptions { AcceptTimeout = TimeSpan.FromSeconds(5) }).AsTask();
        time.Advance(TimeSpan.FromSeconds(5));
        await Assert.ThrowsAsync<AcceptTimeoutException>(() => waiting.WaitAsync(Waiting.Long));
    }

    /// <summary>Each record that another caller put meanwhile began its time anew.</summary>
    [Fact]
    public async Task IsFull_WhileOthersSpill_RefusesAPutWhenItsTimeIsOver()
    {
        var time = new FakeTimeProvider();
        var options = new KplOptions { HighWaterMode = HighWaterMode.Spill, Backlog = { Directory = "never-made" } };
        await using var producer = new FakeKplProducer(options, time) { IsFull = true };
        var limited = new PutOptions { NeverSpills = true, AcceptTimeout = TimeSpan.FromSeconds(5) };
        var waiting = producer.PutAsync("events", UserRecord.FromText("k", "1"), limited, Cancelled).AsTask();

        time.Advance(TimeSpan.FromSeconds(4));
        await producer.PutAsync("events", UserRecord.FromText("k", "2"), cancellationToken: Cancelled);
        time.Advance(TimeSpan.FromSeconds(1));

        await Assert.ThrowsAsync<AcceptTimeoutException>(() => waiting.WaitAsync(Waiting.Long));
    }

    [Fact]
    public async Task AckLevel_LessThanDelivered_IsAnsweredBefore()
    {
        await using var producer = new FakeKplProducer(new KplOptions { AckLevel = AckLevel.Accepted, Backlog = { Directory = "never-made" } });
        var failures = new List<RecordFailure>();
        producer.RecordFailed += failures.Add;
        producer.AnswerNext(Throttled with { IsHeld = true });

        var accepted = await producer.PutAsync("events", UserRecord.FromText("k", "1"), cancellationToken: Cancelled);
        var persisted = await producer.PutAsync("events", UserRecord.FromText("k", "2"), new PutOptions { AckLevel = AckLevel.Persisted }, Cancelled);

        Assert.Equal((RecordStatus.Accepted, RecordStatus.Persisted), (accepted.Status, persisted.Status));
        Assert.Empty(failures);
        producer.Release();
        Assert.Equal("1"u8.ToArray(), Assert.Single(failures).Record.Data.ToArray());
        Assert.Equal([RecordStatus.Failed, RecordStatus.Delivered], await Task.WhenAll(producer.Records.Select(async r => (await r.Ended).Status)));
    }

    /// <summary>It was taken for another level, which nobody had asked for.</summary>
    [Theory]
    [InlineData(-1)]
    [InlineData(3)]
    public async Task AckLevel_ThatIsNone_IsRefused(int level)
    {
        await using var producer = new FakeKplProducer();
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(
            () => producer.PutAsync("events", UserRecord.FromText("k", "1"), new PutOptions { AckLevel = (AckLevel)level }, Cancelled).AsTask());
        Assert.Empty(producer.Records);
    }

    /// <summary>A spilled record used the answer up, so that the next record was delivered.</summary>
    [Fact]
    public async Task AnswerNext_IsForARecordThatDoesNotSpill()
    {
        await using var producer = new FakeKplProducer(new KplOptions { HighWaterMode = HighWaterMode.Spill, Backlog = { Directory = "never-made" } });
        producer.AnswerNext(Throttled);

        producer.IsFull = true;
        var spilled = await producer.PutAsync("events", UserRecord.FromText("k", "1"), cancellationToken: Cancelled);
        producer.IsFull = false;
        var failed = await producer.PutAsync("events", UserRecord.FromText("k", "2"), cancellationToken: Cancelled);

        Assert.Equal((RecordStatus.Persisted, RecordStatus.Failed), (spilled.Status, failed.Status));
    }

    [Fact]
    public async Task Dispose_WithRecordsUnderWay_EndsThemAndRefusesMore()
    {
        var producer = new FakeKplProducer();
        producer.Hold();
        var held = await producer.EnqueueAsync("events", UserRecord.FromText("k", "1"), cancellationToken: Cancelled);
        producer.IsFull = true;
        var waiting = producer.PutAsync("events", UserRecord.FromText("k", "2"), cancellationToken: Cancelled).AsTask();

        await producer.DisposeAsync();
        await producer.DisposeAsync();

        Assert.True(producer.IsDisposed);
        Assert.Equal(RecordErrorCodes.Shutdown, (await held.Delivery).ErrorCode);
        await Assert.ThrowsAsync<ObjectDisposedException>(() => waiting);
        await Assert.ThrowsAsync<ObjectDisposedException>(() => producer.PutAsync("events", UserRecord.FromText("k", "3")).AsTask());
        await Assert.ThrowsAsync<ObjectDisposedException>(() => producer.FlushAsync());
    }

    [Fact]
    public async Task AHandlerThatThrows_IsSeenByTheTest()
    {
        await using var producer = new FakeKplProducer();
        producer.RecordFailed += static _ => throw new InvalidOperationException("a defect of the handler");
        producer.AnswerNext(Throttled);

        var error = await Assert.ThrowsAsync<InvalidOperationException>(() => producer.PutAsync("events", UserRecord.FromText("k", "1")).AsTask());
        Assert.Equal("a defect of the handler", error.Message);
        Assert.Equal(0, producer.OutstandingRecords);
    }

    /// <summary>The records behind it never ended: a flush waited for them without end.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task AHandlerThatThrows_KeepsNoOtherRecordFromEnding(bool disposes)
    {
        var producer = new FakeKplProducer { Answer = static r => r.Text == "3" ? FakeAnswer.Delivered : Throttled };
        producer.RecordFailed += static f => throw new InvalidOperationException(f.Record.PartitionKey);
        UserRecord[] records = [.. "123".Select(static c => UserRecord.FromText($"{c}", $"{c}"))];
        if (disposes)
            producer.Hold();

        var putting = producer.PutAsync("events", records, cancellationToken: Cancelled).AsTask();
        var error = await Assert.ThrowsAsync<InvalidOperationException>(() => disposes ? producer.DisposeAsync().AsTask() : putting);

        Assert.Equal("1", error.Message);
        Assert.Equal(0, producer.OutstandingRecords);
        Assert.All(producer.Records, static r => Assert.True(r.Ended.IsCompletedSuccessfully));
        Assert.Equal(disposes ? 3 : 2, producer.GetLedger("events").Failed);
        if (disposes)
            Assert.Equal(3, (await putting).Count(static r => r.ErrorCode == RecordErrorCodes.Shutdown));
    }

    [Fact]
    public async Task WaitForRecords_CompletesWithTheLastOfThem()
    {
        await using var producer = new FakeKplProducer();
        var two = producer.WaitForRecordsAsync(2, "events", Cancelled);
        await producer.PutAsync("others", UserRecord.FromText("k", "0"), cancellationToken: Cancelled);
        await producer.PutAsync("events", UserRecord.FromText("k", "1"), cancellationToken: Cancelled);
        Assert.False(two.IsCompleted);
        await producer.PutAsync("events", UserRecord.FromText("k", "2"), cancellationToken: Cancelled);
        Assert.Equal(["1", "2"], (await two).Select(r => r.Text));

        using var stop = new CancellationTokenSource();
        var never = producer.WaitForRecordsAsync(9, cancellationToken: stop.Token);
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => never);
    }

    [Fact]
    public async Task ManyThreads_LoseNothing()
    {
        await using var producer = new FakeKplProducer();
        producer.Hold();
        var puts = Enumerable.Range(0, 8).Select(t => Task.Run(() => producer.PutAsync(
            "events", [.. Enumerable.Range(0, 50).Select(i => UserRecord.FromText($"{t}", $"{i}"))]).AsTask())).ToList();
        var records = await producer.WaitForRecordsAsync(400, cancellationToken: Cancelled);
        await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Task.Run(() => producer.Release(100))));
        producer.Release();

        Assert.All(await Task.WhenAll(puts), results => Assert.All(results, r => Assert.True(r.IsSuccess)));
        Assert.All(records.GroupBy(r => r.PartitionKey), g => Assert.Equal(Enumerable.Range(0, 50).Select(i => $"{i}"), g.Select(r => r.Text)));
        Assert.Equal(new StreamLedger { Accepted = 400, Delivered = 400 }, producer.GetLedger("events"));
    }

    [Fact]
    public void Options_ThatAreInvalid_AreRefusedAsByARealProducer()
    {
        var error = Assert.Throws<KplOptionsException>(() => new FakeKplProducer(new KplOptions { RateLimit = -1, RecordTtl = TimeSpan.Zero }));
        Assert.Equal(2, error.Errors.Count);
    }
}
