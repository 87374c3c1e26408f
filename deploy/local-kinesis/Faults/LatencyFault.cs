using Orleans.Kpl.LocalKinesis.Faults.Switchboard;

namespace Orleans.Kpl.LocalKinesis.Faults;

/// <summary>A call takes longer. A client that gives up before the call was applied has not put anything.</summary>
public sealed record LatencyFault : Fault
{
    /// <summary>How much longer. Default: 100 ms.</summary>
    public TimeSpan Delay { get; init; } = TimeSpan.FromMilliseconds(100);

    /// <summary>Whether the call is applied at once and only its answer waits. Default: false.</summary>
    public bool AfterApplying { get; init; }

    internal override RecordMarks Marks => AfterApplying ? RecordMarks.AnswerDelayed : RecordMarks.None;

    internal override Task BeforeAsync(FaultedCall call) => AfterApplying ? Task.CompletedTask : call.DelayAsync(Delay);

    internal override Task AfterAsync(FaultedCall call) => AfterApplying ? call.DelayAsync(Delay) : Task.CompletedTask;

    internal override IEnumerable<string> Check() =>
        Delay >= TimeSpan.Zero ? base.Check() : [.. base.Check(), "delay must not be negative"];
}
