using Orleans.Kpl.Pipeline.Ordering;
using Orleans.Kpl.Pipeline.Road.Aggregating;
using Orleans.Kpl.Pipeline.Serving;
using Orleans.Kpl.Pipeline.Tests.Road.Aggregating;

namespace Orleans.Kpl.Pipeline.Tests.Ordering;

/// <summary>The laws of an ordered stream's engines whose shards are resharded or go to another process.</summary>
public sealed class ShardSuccessionTests
{
    private readonly EngineHarness _harness = new(static o => o.Ordered = OrderedMode.PutRecords);

    [Fact]
    public void Split_ChildrenSendNothing_BeforeTheParentsLastHasEnded()
    {
        var parent = _harness.NewEngine();
        var (lower, upper) = (_harness.NewEngine(EngineHarness.Lower), _harness.NewEngine(EngineHarness.Upper));
        Send(parent, 0);
        _harness.Put(parent, 1, 0);
        _harness.Put(parent, 2, UInt128.MaxValue);
        Replace([parent], lower, upper);
        Assert.False(_harness.Put(parent, 9));
        _harness.Put(lower, 3, 0);
        _harness.Put(upper, 4, UInt128.MaxValue);
        _harness.Pass(500);
        Assert.Equal([[0]], _harness.SentNumbers);

        _harness.Sent[0].Release();
        Assert.Equal([[0], [1], [2]], _harness.SentNumbers);
        EndAll(from: 1);

        Assert.Equal([[0], [1], [2], [3], [4]], _harness.SentNumbers);
        Assert.Empty(_harness.Rerouted);
    }

    [Fact]
    public void Merge_TheChildWaitsForBothParents()
    {
        var (lower, upper) = (_harness.NewEngine(EngineHarness.Lower), _harness.NewEngine(EngineHarness.Upper));
        var child = _harness.NewEngine();
        Send(lower, 1, 0);
        Send(upper, 2, UInt128.MaxValue);
        Replace([lower, upper], child);
        _harness.Put(child, 3);
        _harness.Sent[0].Release();
        _harness.Pass(500);
        Assert.Equal([[1], [2]], _harness.SentNumbers);

        _harness.Sent[1].Release();

        Assert.Equal([[1], [2], [3]], _harness.SentNumbers);
    }

    [Fact]
    public void ARetiredSuccessor_HandsOverInItsTurn()
    {
        var (first, second, third) = (_harness.NewEngine(), _harness.NewEngine(), _harness.NewEngine());
        Send(first, 1);
        _harness.Put(first, 2);
        Replace([first], second);
        _harness.Put(second, 3);
        Replace([second], third);
        _harness.Put(third, 4);
        _harness.Pass(500);

        EndAll();

        Assert.Equal([1, 2, 3, 4], _harness.SentNumbers.SelectMany(n => n));
        Assert.True(first.Order!.IsOver && second.Order!.IsOver);
    }

    [Fact]
    public void WhatIsInFlightAtARetiredEngine_GoesOnAtItsSuccessors_BeforeWhatTheyHold()
    {
        var (parent, child) = (_harness.NewEngine(), _harness.NewEngine());
        Send(parent, 1);
        _harness.Put(parent, 2);
        Replace([parent], child);
        _harness.Put(child, 3);

        Assert.True(parent.Order!.TryKeepInPlace(_harness.Sent[0]));
        EndAll(from: 1);

        Assert.Equal([1, 1, 2, 3], _harness.SentNumbers.SelectMany(n => n));
    }

    [Fact]
    public void WithoutSuccessors_WhatIsHeldEnds()
    {
        var engine = _harness.NewEngine();
        Send(engine, 1);
        _harness.Put(engine, 2);
        engine.StepDown();
        Assert.Empty(_harness.Rerouted);

        _harness.Sent[0].Release();

        Assert.Equal([2], _harness.Rerouted);
    }

    [Fact]
    public void Queue_PassesOn_OnlyWhenTheEngineHasHandedOverAndNothingOfItIsElsewhere()
    {
        var (parent, child) = (_harness.NewEngine(), _harness.NewEngine());
        var (older, newer) = (new RecordingQueue(), new RecordingQueue());
        (parent.Queue, child.Queue) = (older, newer);
        Send(parent, 1);
        Replace([parent], child);
        Assert.Equal(["close"], older.Told);
        Assert.True(child.Order!.Queue.IsAwaited);

        parent.Order!.Queue.QueueIsOver();
        Assert.Equal(["close"], older.Told);
        _harness.Sent[0].Release();

        Assert.Equal(["close", "pass on"], older.Told);
        Assert.Equal(["go"], newer.Told);
        Assert.False(child.Order!.Queue.IsAwaited);
    }

    [Fact]
    public void Queue_OfASuccessor_WaitsForThoseBeforeIt()
    {
        var (first, second, third) = (_harness.NewEngine(), _harness.NewEngine(), _harness.NewEngine());
        var queues = new[] { first, second, third }.Select(e => (RecordingQueue)(e.Queue = new RecordingQueue())).ToArray();
        Replace([first], second);
        Replace([second], third);
        second.Order!.Queue.QueueIsOver();
        Assert.True(third.Order!.Queue.IsAwaited);
        Assert.DoesNotContain("pass on", queues[1].Told);

        first.Order!.Queue.QueueIsOver();

        Assert.Contains("pass on", queues[1].Told);
        Assert.Equal(["go"], queues[2].Told);
    }

    [Fact]
    public void HandOver_KeepsTheQueueWaiting_UntilWhatWasHeldIsBackInIt()
    {
        var engine = _harness.NewEngine();
        var queue = new RecordingQueue();
        engine.Queue = queue;
        Send(engine, 1);
        _harness.Put(engine, 2);

        engine.Order!.BeginHandOver();
        var emptied = engine.LeaveAsync();
        engine.Pause();
        Assert.True(engine.Order!.Queue.IsAwaited);
        _harness.Sent[0].Release();
        Assert.False(emptied.IsCompleted);
        var held = engine.HandOver().Held;
        engine.Resume();
        engine.Order!.EndHandOver();

        Assert.Equal([2], held.SelectMany(EngineHarness.Numbers));
        Assert.False(engine.Order!.Queue.IsAwaited);
        Assert.Equal(["go"], queue.Told);
        Assert.True(emptied.IsCompleted);
    }

    /// <summary>Puts the routes of some engines in force in place of others', and retires those.</summary>
    private static void Replace(ShardEngine[] former, params ShardEngine[] next)
    {
        var (before, after) = (EngineHarness.Route(former), EngineHarness.Route(next));
        foreach (var engine in former)
            engine.SucceededBy(before, after);
        foreach (var engine in former)
            engine.StepDown();
    }

    private void Send(ShardEngine engine, int number, UInt128 hashKey = default)
    {
        _harness.Put(engine, number, hashKey);
        _harness.Pass(100);
    }

    private void EndAll(int from = 0)
    {
        for (var ended = from; ended < _harness.Sent.Count; ended++)
        {
            _harness.Sent[ended].ReleaseMembers();
            _harness.Pass(200);
        }
    }
}
