namespace Orleans.Kpl.Lanes.Tests.Sessions;

/// <remarks>Tests <see cref="Lanes.Sessions.SiloSession"/> and <see cref="Dealing.LaneDealer"/>.</remarks>
public sealed class OrderTests
{
    [Fact]
    public async Task OrderedStream_WithLostAnswersAndRefusals_IsTakenInTheOrderAccepted()
    {
        using var cluster = new FakeCluster(2) { LostAnswers = 0.3 };
        foreach (var silo in cluster.Silos)
            silo.BatchesWithoutRoom = 2;
        await using var producer = cluster.NewProducer(o => o.ForStream("events", s => s.Ordered = OrderedMode.PutRecords));
        var records = Numbered.Records(20_000);
        var puts = new List<Task>();
        foreach (var chunk in records.Chunk(100))
        {
            var batch = await producer.EnqueueAsync("events", chunk);
            puts.Add(batch.Delivery);
        }

        await Task.WhenAll(puts).WaitAsync(Numbered.Long);
        var taken = Assert.Single(cluster.Silos, s => s.Keys.Count > 0).Keys;
        Assert.Equal(records.Select(r => r.PartitionKey), taken);
    }

    [Fact]
    public async Task OrderedStream_WhoseSiloDrains_NothingGoesToAnotherBeforeItsRecordsHaveEnded()
    {
        // A silo holds a poll until it has outcomes, here for ever: what waited was sent on only when one more poll came back.
        using var cluster = new FakeCluster(2, siloTime: new FakeTimeProvider());
        foreach (var silo in cluster.Silos)
            silo.EndsAtOnce = false;
        await using var producer = cluster.NewProducer(o => o.ForStream("events", s => s.Ordered = OrderedMode.PutRecords));
        var early = producer.PutAsync("events", Numbered.Records(1_000)).AsTask();
        await Waiting.UntilAsync(() => cluster.Silos.Sum(s => s.Keys.Count) == 1_000);
        var first = Assert.Single(cluster.Silos, s => s.Keys.Count > 0);
        var second = cluster.Silos.Single(s => s != first);
        second.EndsAtOnce = true;
        first.Drain();
        var late = producer.PutAsync("events", Numbered.Records(1_000, first: 1_000)).AsTask();
        Assert.NotSame(late, await Task.WhenAny(late, Task.Delay(TimeSpan.FromMilliseconds(300))));
        Assert.Empty(second.Keys);
        first.EndAll();

        Assert.All(await early.WaitAsync(Numbered.Long), r => Assert.Equal(RecordStatus.Delivered, r.Status));
        Assert.All(await late.WaitAsync(Numbered.Long), r => Assert.Equal(RecordStatus.Delivered, r.Status));
        Assert.Equal(Numbered.Records(1_000, first: 1_000).Select(r => r.PartitionKey), second.Keys);
    }

    /// <summary>What the silo had was given up, and nobody looked at what waited for that: it expired beside a lane to another silo.</summary>
    [Fact]
    public async Task OrderedStream_WhoseLeavingSiloCannotBeReached_GoesOnElsewhereOnceItsRecordsAreGivenUp()
    {
        var time = new FakeTimeProvider();
        using var cluster = new FakeCluster(2, siloTime: new FakeTimeProvider()) { Time = time };
        foreach (var silo in cluster.Silos)
            silo.EndsAtOnce = false;
        await using var producer = cluster.NewProducer(o => o.ForStream("events", s => s.Ordered = OrderedMode.PutRecords));
        var early = producer.PutAsync("events", Numbered.Record(0), new PutOptions { TimeToLive = TimeSpan.FromSeconds(5) }).AsTask();
        await Waiting.UntilAsync(() => cluster.Silos.Sum(s => s.Keys.Count) == 1);
        var first = cluster.Silos.Single(s => s.Keys.Count > 0);
        var second = cluster.Silos.Single(s => s != first);
        (second.EndsAtOnce, cluster.OnlyGateway) = (true, second);
        first.Drain();
        var late = producer.PutAsync("events", Numbered.Record(1)).AsTask();
        await Waiting.UntilAsync(() => second.Openings > 0);

        first.IsUnreachable = true;
        cluster.LoseGateway();
        await time.PassUntilAsync(() => early.IsCompleted, TimeSpan.FromSeconds(1));

        Assert.Equal((RecordStatus.Unknown, RecordErrorCodes.OwnerLost), ((await early).Status, (await early).ErrorCode));
        Assert.Equal(RecordStatus.Delivered, (await late.WaitAsync(Numbered.Long)).Status);
    }

    /// <summary>A batch is accepted in parts, as memory gets free. What was put after it went between them.</summary>
    [Fact]
    public async Task OrderedStream_WhoseMemoryIsFull_ABatchIsNotOvertakenByLaterPuts()
    {
        const int Part = 1_024;
        using var cluster = new FakeCluster(1);
        var silo = cluster.Silos[0];
        // A caller that waits for memory makes its client flush the silo: the silo must keep the first part all the same.
        (silo.EndsAtOnce, silo.EndsAtFlush) = (false, false);
        await using var producer = cluster.NewProducer(
            o => o.ForStream("events", s => (s.Ordered, s.MaxOutstandingRecords) = (OrderedMode.PutRecords, Part)));
        var batch = producer.PutAsync("events", Numbered.Records(3 * Part)).AsTask();
        await Waiting.UntilAsync(() => silo.Keys.Count == Part);
        var later = producer.PutAsync("events", Numbered.Record(3 * Part)).AsTask();
        silo.EndsAtOnce = true;
        silo.EndAll();

        Assert.All(await batch.WaitAsync(Numbered.Long), r => Assert.Equal(RecordStatus.Delivered, r.Status));
        Assert.Equal(RecordStatus.Delivered, (await later.WaitAsync(Numbered.Long)).Status);
        Assert.Equal(Numbered.Records(3 * Part + 1).Select(r => r.PartitionKey), silo.Keys);
    }

    /// <summary>
    /// Each put that finds no lane asks for one. Those that came while the first was being opened led to a second one, at another silo, which what
    /// was put next took while the first silo still had everything before it.
    /// </summary>
    [Fact]
    public async Task OrderedStream_PutWhileItsLaneIsBeingOpened_GoesToOneSilo()
    {
        var opened = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        using var cluster = new FakeCluster(3) { Opening = opened.Task };
        foreach (var silo in cluster.Silos)
            silo.EndsAtOnce = false;
        await using var producer = cluster.NewProducer(o => o.ForStream("events", s => s.Ordered = OrderedMode.PutRecords));
        List<Task<RecordResult>> puts = [.. Numbered.Records(2).Select(r => producer.PutAsync("events", r).AsTask())];
        opened.SetResult();
        for (var number = 2; number <= 50; number++)
        {
            await Waiting.UntilAsync(() => cluster.Silos.Sum(s => s.Keys.Count) == number);
            puts.Add(producer.PutAsync("events", Numbered.Record(number)).AsTask());
        }

        await Waiting.UntilAsync(() => cluster.Silos.Sum(s => s.Keys.Count) == puts.Count);
        Assert.Equal(Numbered.Records(puts.Count).Select(r => r.PartitionKey), Assert.Single(cluster.Silos, s => s.Keys.Count > 0).Keys);
        foreach (var silo in cluster.Silos)
            silo.EndAll();
        Assert.All(await Task.WhenAll(puts).WaitAsync(Numbered.Long), r => Assert.Equal(RecordStatus.Delivered, r.Status));
    }

    /// <summary>
    /// A silo takes what comes: that nothing is late is the client's to see to, which has one batch under way, under a number that the silo takes
    /// once. Where the silo drains meanwhile, the next one has the rest.
    /// </summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task OrderedStream_WhoseBatchesAreSentAgainAndArriveLate_TakesEachOnceAndInOrder(bool drains)
    {
        using var cluster = new FakeCluster(3) { LateBatches = 0.3, LostAnswers = 0.2 };
        await using var producer = cluster.NewProducer(o => o.ForStream("events", s => s.Ordered = OrderedMode.PutRecords));
        var records = Numbered.Records(200);
        for (var number = 0; number < records.Length; number++)
        {
            await producer.EnqueueAsync("events", records[number]);
            if (drains && number == 100)
                cluster.Silos.MaxBy(s => s.Keys.Count)!.Drain();
            // Many small messages, not one for all.
            await Waiting.UntilAsync(() => cluster.Silos.Sum(s => s.Keys.Count) > number - 3);
        }

        await producer.FlushAsync("events").WaitAsync(Numbered.Long);
        await cluster.ArriveAsync();

        var silos = cluster.Silos.Where(s => s.Keys.Count > 0).OrderBy(s => !s.IsDraining).ToList();
        Assert.Equal(drains ? 2 : 1, silos.Count);
        Assert.Equal(records.Select(r => r.PartitionKey), silos.SelectMany(s => s.Keys));
    }
}
