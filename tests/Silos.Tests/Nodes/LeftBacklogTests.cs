using Orleans.Kpl.Pipeline.Backlog.Storing;
using Orleans.Kpl.Pipeline.Kinesis;
using Orleans.Kpl.Pipeline.Tests.Backlog.Storing;
using Orleans.Kpl.Pipeline.Tests.Telemetry;
using Orleans.Kpl.Silos.Tests.Backlog;

namespace Orleans.Kpl.Silos.Tests.Nodes;

/// <summary>What silos left in the backlog is counted from the first answer on: operators look right after a restart.</summary>
public sealed class LeftBacklogTests
{
    private const string Stream = NodeWorld.Stream;

    [Fact]
    public async Task OfAllSilosThatWereLost_TheFirstAnswerOfTheNextOneCountsIt()
    {
        await using var world = new NodeWorld(1) { Backlog = new SharedStores() };
        await LeaveAsync(world, 2);
        await LeaveAsync(world, 1);

        await world.StartAsync();
        var (backlog, books) = await AskAsync(world);

        Assert.Equal((3, 3, 3), (backlog.Records, books.Ledger.InBacklog, books.Ledger.Accepted));
        Assert.True(backlog.Segments > 0);
    }

    [Fact]
    public async Task OfASiloThatIsLost_TheFirstAnswerOfTheOthersCountsIt()
    {
        await using var world = new NodeWorld(1) { Backlog = new SharedStores() };
        await world.StartAsync();
        await LeaveAsync(world, 2);

        var (backlog, books) = await AskAsync(world);

        Assert.Equal((2, 2), (backlog.Records, books.Ledger.InBacklog));
    }

    /// <summary>The stop of a silo ended during another one's call: what that one delivered then was in the backlog too, and was delivered again.</summary>
    [Fact]
    public async Task OfASiloThatLeaves_WhatAnotherSilosCallHas_IsWaitedFor()
    {
        var time = new FakeTimeProvider();
        await using var world = new NodeWorld(1, static o => o.HighWaterMode = HighWaterMode.Spill) { Time = time, Backlog = new SharedStores() };
        WorldSilo[] silos = [await world.StartAsync(), await world.StartAsync()];
        await world.PassAsync(PutAsync(silos[0]));
        var calls = 0;
        world.Kinesis.BeforePut = async (_, ct) =>
        {
            Interlocked.Increment(ref calls);
            await Task.Delay(TimeSpan.FromSeconds(4), time, ct);
        };
        var front = silos.Single(static s => s.Node.Hosted.Count == 0);
        var put = PutAsync(front);
        await time.PassUntilAsync(() => Volatile.Read(ref calls) > 0, TimeSpan.FromMilliseconds(50));
        await world.PassAsync(world.StopAsync(front));

        Assert.Equal(RecordStatus.Delivered, (await put.WaitAsync(Waiting.Long)).Status);
        Assert.Equal(2, world.Kinesis.Records.Count);

        static Task<RecordResult> PutAsync(WorldSilo silo) =>
            silo.Node.Producer.PutAsync(Stream, UserRecord.FromText("key", "x"), PutOptions.WithoutLinger).AsTask();
    }

    [Fact]
    public async Task InAFolderThatIsReadSlowly_TheFirstAnswerCountsIt()
    {
        var store = new MemoryBacklogStore();
        await using var world = new NodeWorld(1) { OwnBacklog = store };
        await LeaveAsync(world, 2);
        store.Hang();

        await world.StartAsync();
        var asked = AskAsync(world);
        store.Release();
        var (backlog, books) = await asked;

        Assert.Equal((2, 2), (backlog.Records, books.Ledger.InBacklog));
    }

    [Fact]
    public async Task InAStoreThatDoesNotAnswer_TheRestIsToldAllTheSame()
    {
        var store = new MemoryBacklogStore();
        await using var world = new NodeWorld(1) { OwnBacklog = store };
        await LeaveAsync(world, 1);
        store.Hang();

        var silo = await world.StartAsync();
        var books = await silo.Node.Calls.GetLedgerAsync(Stream).WaitAsync(Waiting.Long);

        Assert.Equal(default, books.Ledger);
        store.Release();
    }

    [Fact]
    public async Task SegmentsOfDeadLettersThatCannotBeRead_AreTold()
    {
        var store = new MemoryBacklogStore();
        using var metrics = new MetricReader("BacklogSegmentsDamaged");
        await using var world = new NodeWorld(1) { OwnBacklog = store, Meters = metrics };
        var letters = await store.OpenAsync(Stream, SegmentLogKind.DeadLetters, CancellationToken.None);
        await letters.AppendAsync(letters.NextNumber, new byte[100], CancellationToken.None);

        await world.StartAsync();
        var (backlog, _) = await AskAsync(world);

        Assert.Equal((0, 1), (backlog.DeadLetters, backlog.DamagedSegments));
        // The alert looks at this one.
        Assert.Equal(1, metrics.Of("BacklogSegmentsDamaged").Total);
    }

    /// <summary>A silo persists records while Kinesis is away, and is gone from one instant to the next.</summary>
    private static async Task LeaveAsync(NodeWorld world, int records)
    {
        world.Kinesis.BeforePut = static (_, _) => throw new KinesisException(KinesisFailureKind.NotSent, "Down", "down");
        var silo = await world.StartAsync();
        await silo.PersistAsync(records);
        world.Kill(silo);
    }

    private static async Task<(BacklogStatus Backlog, StreamBooks Books)> AskAsync(NodeWorld world)
    {
        var asked = (
            await world.Managers.CallAsync(Stream, static m => m.BacklogAsync()).WaitAsync(Waiting.Long),
            await world.Managers.CallAsync(Stream, static m => m.LedgerAsync()).WaitAsync(Waiting.Long));
        // Else the end of the world would wait for what cannot be delivered.
        world.Kinesis.BeforePut = static (_, _) => ValueTask.CompletedTask;
        return asked;
    }
}
