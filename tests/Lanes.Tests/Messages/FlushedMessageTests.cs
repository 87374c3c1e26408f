using Orleans.Kpl.Lanes.Messages;
using Orleans.Kpl.Pipeline.Road.Promising;

namespace Orleans.Kpl.Lanes.Tests.Messages;

/// <remarks>Tests <see cref="MessageQueue"/>.</remarks>
public sealed class FlushedMessageTests
{
    private readonly FlushBarrier _barrier = new();
    private readonly MessageQueue _queue = new();

    /// <summary>Its message was taken for one that no flush waits for: the silo let it linger, and the flush took as long.</summary>
    [Fact]
    public void RecordFromBeforeAFlush_ThatComesBehindALaterOne_GoesWithoutLinger()
    {
        var before = Accept();
        _ = _barrier.Close();
        Add(Accept());
        Add(before);
        List<OutgoingMessage> messages = [];
        while (!_queue.IsEmpty)
            messages.Add(_queue.Take());

        Assert.All(messages, m => Assert.All(Enumerable.Range(0, m.Count), i => Assert.True(m.IsDueAtOnce || m.SinkOf(i) != before)));
    }

    [Fact]
    public void RecordsFromAfterAFlush_JoinOnesFromBeforeIt()
    {
        Add(Accept());
        _ = _barrier.Close();
        Add(Accept());
        _ = _barrier.Close();
        Add(Accept());

        var message = _queue.Take();
        Assert.Equal((3, true), (message.Count, message.IsDueAtOnce));
    }

    private AcceptedOutcome Accept() => new(new AcceptanceTerms(_barrier.Enter(1), 0, TimeSpan.TicksPerMinute, Immediate: false));

    private void Add(OutcomeSink sink) => _queue.Add(Numbered.Incoming(1, sink));
}
