using System.Net;
using System.Runtime.CompilerServices;
using Microsoft.Extensions.Logging.Abstractions;
using Orleans.Kpl.Adapters.Logging;
using Orleans.Kpl.Lanes.Sessions;
using Orleans.Kpl.Pipeline.Telemetry;
using Orleans.Kpl.Silos;

namespace Orleans.Kpl.Lanes.Tests.Sessions;

/// <summary>What becomes of records when answers, gateways and silos are lost.</summary>
/// <remarks>Tests <see cref="ClientStream"/> and <see cref="Lanes.Sessions.SiloSession"/>.</remarks>
public sealed class LossTests
{
    private const string Stream = "events";

    [Fact]
    public async Task LostAnswers_EachRecordIsTakenOnceAndEndsOnce()
    {
        using var cluster = new FakeCluster(3) { LostAnswers = 0.3 };
        await using var producer = cluster.NewProducer();
        var records = Numbered.Records(30_000);
        var results = await Task.WhenAll(records.Chunk(300).Select(c => producer.PutAsync(Stream, c).AsTask())).WaitAsync(Numbered.Long);

        Assert.All(results.SelectMany(r => r), r => Assert.Equal(RecordStatus.Delivered, r.Status));
        var taken = cluster.Silos.SelectMany(s => s.Keys).ToList();
        Assert.Equal(records.Length, taken.Count);
        Assert.Equal(records.Length, taken.Distinct().Count());
        Assert.Equal(new StreamLedger(30_000, 30_000, 0, 0, 0, 0, 0), producer.GetLedger(Stream));
        Assert.Equal((0, 0), (producer.OutstandingRecords, producer.OutstandingBytes));
    }

    /// <summary>The silo heard of the flush first, and let the records of the late call linger: the call after it asked for none, but was a copy.</summary>
    [Fact]
    public async Task LateBatch_ThatCameAfterAFlush_IsFlushedOnceTheSiloSaysThatItHasIt()
    {
        var time = new FakeTimeProvider();
        using var cluster = new FakeCluster(1) { Time = time, LateBatches = 1 };
        cluster.Silos[0].EndsAtOnce = false;
        await using var producer = cluster.NewProducer();
        var put = producer.PutAsync(Stream, Numbered.Record(1)).AsTask();
        await Waiting.UntilAsync(() => time.IsDueWithin(TimeSpan.FromMilliseconds(20)));
        var flushed = producer.FlushAsync();
        await Waiting.UntilAsync(() => cluster.Silos[0].Flushes == 1);
        cluster.LateBatches = 0;
        await cluster.ArriveAsync();
        await time.PassUntilAsync(() => put.IsCompleted, TimeSpan.FromMilliseconds(500));

        Assert.True((await put.WaitAsync(Numbered.Long)).IsSuccess);
        await flushed.WaitAsync(Numbered.Long);
    }

    [Fact]
    public async Task LostSilo_ItsRecordsAreUnknownAndLaterOnesGoToOthers()
    {
        using var cluster = new FakeCluster(2);
        await using var producer = cluster.NewProducer();
        foreach (var silo in cluster.Silos)
            silo.EndsAtOnce = false;
        var puts = Numbered.Records(4_000).Chunk(100).Select(c => producer.PutAsync(Stream, c).AsTask()).ToList();
        await Waiting.UntilAsync(() => cluster.Silos.Sum(s => s.Keys.Count) == 4_000 && cluster.Silos.All(s => s.Keys.Count > 0));
        cluster.Silos[0].Die();
        cluster.Silos[1].EndsAtOnce = true;
        cluster.Silos[1].EndAll();
        var results = (await Task.WhenAll(puts).WaitAsync(Numbered.Long)).SelectMany(r => r).ToList();

        var unknown = results.Where(r => r.Status == RecordStatus.Unknown).ToList();
        Assert.All(unknown, r => Assert.Equal(RecordErrorCodes.OwnerLost, r.ErrorCode));
        Assert.Equal(cluster.Silos[0].Keys.Order(), unknown.Select(r => r.Record!.Value.PartitionKey).Order());
        Assert.Equal(4_000 - unknown.Count, results.Count(r => r.Status == RecordStatus.Delivered));
        Assert.Equal(unknown.Count, producer.GetLedger(Stream).Unknown);

        var later = await producer.PutAsync(Stream, Numbered.Records(1_000, first: 4_000)).AsTask().WaitAsync(Numbered.Long);
        Assert.All(later, r => Assert.Equal(RecordStatus.Delivered, r.Status));
    }

    /// <summary>It was on its way as the silo was lost: the stop knew nothing of it, and the disposal waited for the call's answer.</summary>
    [Fact]
    public async Task LostSilo_WhatItHasNotAnswered_EndsWithTheProducer()
    {
        using var cluster = new FakeCluster(2);
        var producer = cluster.NewProducer(static o => o.DrainTimeout = TimeSpan.Zero);
        foreach (var silo in cluster.Silos)
            silo.EndsAtOnce = false;
        var puts = PutAll(0);
        await Waiting.UntilAsync(() => cluster.Silos.Sum(s => s.Keys.Count) == 4_000 && cluster.Silos.All(s => s.Keys.Count > 0));
        var answer = new TaskCompletionSource();
        cluster.Accepting = answer.Task;
        puts.AddRange(PutAll(4_000));
        cluster.Silos[0].Die();
        await Waiting.UntilAsync(() => producer.GetLedger(Stream).Unknown > 0);

        await producer.DisposeAsync().AsTask().WaitAsync(Numbered.Long);

        Assert.Equal(8_000, (await Task.WhenAll(puts)).Sum(static r => r.Length));
        answer.SetResult();

        List<Task<RecordResult[]>> PutAll(int first) => [.. Numbered.Records(4_000, first).Chunk(100).Select(c => producer.PutAsync(Stream, c).AsTask())];
    }

    /// <summary>No poll of it ends that would tell that it rests. Beside a session that is always busy, each such silo left one.</summary>
    [Fact]
    public async Task SilosThatLeaveBeforeTheyHaveRecords_AreNotKept()
    {
        using var cluster = new FakeCluster(1);
        await using var producer = cluster.NewProducer();
        var stream = producer.Uses.Get(Stream);
        using var instruments = new KplInstruments(ProducerRole.Client, static () => [], Listening.Throws);
        using var log = new PipelineLog(NullLogger.Instance, TimeProvider.System, logKeys: false);
        var services = new ClientServices(new KplOptions(), log, TimeProvider.System)
        {
            Lanes = cluster, Log = new ClientLog(NullLogger.Instance), NewId = Guid.NewGuid, Instruments = instruments, Relieve = static () => { },
        };

        for (var silo = 1; silo <= 10; silo++)
            stream.Leave(new SiloSession(stream, Guid.NewGuid(), new SiloId(IPAddress.Loopback, silo, silo), services), isDraining: true);

        Assert.Single(Leaving(stream));
    }

    /// <summary>The opening went through the gateway that was lost. All lanes of the stream waited for its answer for five seconds.</summary>
    [Fact]
    public async Task LostGateway_WhileLanesAreOpened_OthersAreOpenedAtOnce()
    {
        using var cluster = new FakeCluster(1) { Opening = new TaskCompletionSource().Task };
        await using var producer = cluster.NewProducer();
        var put = producer.PutAsync(Stream, Numbered.Records(10)).AsTask();
        await Waiting.UntilAsync(() => cluster.OpeningsBegun > 0);
        cluster.Opening = Task.CompletedTask;
        cluster.LoseGateway();

        Assert.All(await put.WaitAsync(Numbered.Long), static r => Assert.Equal(RecordStatus.Delivered, r.Status));
    }

    /// <summary>The flush went through the gateway that was lost, and was not asked for again: the records stayed for their linger.</summary>
    [Fact]
    public async Task LostGateway_WhileASiloIsAskedToFlush_ItIsAskedAnotherWay()
    {
        using var cluster = new FakeCluster(1);
        await using var producer = cluster.NewProducer();
        var silo = Assert.Single(cluster.Silos);
        silo.EndsAtOnce = false;
        var put = producer.PutAsync(Stream, Numbered.Records(10)).AsTask();
        await Waiting.UntilAsync(() => silo.Keys.Count == 10);
        cluster.Flushing = new TaskCompletionSource().Task;
        var flush = producer.FlushAsync(Stream);
        cluster.Flushing = Task.CompletedTask;
        cluster.LoseGateway();

        await flush.WaitAsync(Numbered.Long);
        Assert.All(await put, static r => Assert.Equal(RecordStatus.Delivered, r.Status));
    }

    [Fact]
    public async Task OutcomesThatCannotBeRead_LeaveTheirRecordsUnknown_AndLaterOnesGoOn()
    {
        using var cluster = new FakeCluster(1);
        await using var producer = cluster.NewProducer();
        cluster.GarblesOutcomes = true;
        var results = await producer.PutAsync(Stream, Numbered.Records(10)).AsTask().WaitAsync(Numbered.Long);
        Assert.All(results, r => Assert.Equal((RecordStatus.Unknown, RecordErrorCodes.OwnerLost), (r.Status, r.ErrorCode)));
        Assert.Contains("could not be read", results[0].ErrorMessage, StringComparison.Ordinal);

        cluster.GarblesOutcomes = false;
        var later = await producer.PutAsync(Stream, Numbered.Records(10, first: 10)).AsTask().WaitAsync(Numbered.Long);
        Assert.All(later, r => Assert.Equal(RecordStatus.Delivered, r.Status));
        Assert.Equal(new StreamLedger(20, 10, 0, 10, 0, 0, 0), producer.GetLedger(Stream));
    }

    [Fact]
    public async Task NoSilo_RecordsWaitAndAreDeliveredWhenOneIsThere()
    {
        using var cluster = new FakeCluster(1) { IsCutOff = true };
        await using var producer = cluster.NewProducer();
        var put = producer.PutAsync(Stream, Numbered.Records(2_000)).AsTask();
        Assert.False(put.IsCompleted);
        Assert.Equal(2_000, producer.OutstandingRecords);
        cluster.IsCutOff = false;

        Assert.All(await put.WaitAsync(Numbered.Long), r => Assert.Equal(RecordStatus.Delivered, r.Status));
    }

    [Fact]
    public async Task NoSilo_AFullRoomIsBackPressure()
    {
        using var cluster = new FakeCluster(1) { IsCutOff = true };
        await using var producer = cluster.NewProducer(o => o.MaxOutstandingRecords = 100);
        var first = producer.PutAsync(Stream, Numbered.Records(100)).AsTask();
        using var patience = new CancellationTokenSource();
        var second = producer.EnqueueAsync(Stream, Numbered.Record(100), null, patience.Token).AsTask();
        var third = producer.EnqueueAsync(Stream, Numbered.Record(101)).AsTask();
        Assert.False(second.IsCompleted);
        patience.Cancel();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => second);
        cluster.IsCutOff = false;

        await first.WaitAsync(Numbered.Long);
        Assert.Equal(RecordStatus.Delivered, (await (await third.WaitAsync(Numbered.Long)).Delivery.WaitAsync(Numbered.Long)).Status);
    }

    [Fact]
    public async Task NoSilo_WithHighWaterModeDrop_RecordsFailAtOnce()
    {
        using var cluster = new FakeCluster(1) { IsCutOff = true };
        await using var producer = cluster.NewProducer(
            o => (o.MaxOutstandingRecords, o.HighWaterMode, o.DrainTimeout) = (1, HighWaterMode.Drop, TimeSpan.Zero));
        await producer.EnqueueAsync(Stream, Numbered.Record(0));
        var dropped = await producer.PutAsync(Stream, Numbered.Record(1));

        Assert.Equal((RecordStatus.Failed, RecordErrorCodes.Dropped), (dropped.Status, dropped.ErrorCode));
    }

    [UnsafeAccessor(UnsafeAccessorKind.Field, Name = "_leaving")]
    private static extern ref HashSet<SiloSession> Leaving(ClientStream stream);
}
