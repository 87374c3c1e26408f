using Orleans.Kpl.LocalKinesis.Faults.Switchboard;

namespace Orleans.Kpl.LocalKinesis.Faults;

/// <summary>An answer waits until that of a later call has been sent: answers arrive out of the order of their calls.</summary>
public sealed record OvertakenAnswerFault : Fault
{
    /// <summary>How long it waits at most, when no other call comes. Default: 1 s.</summary>
    public TimeSpan AtMost { get; init; } = TimeSpan.FromSeconds(1);

    internal override RecordMarks Marks => RecordMarks.AnswerDelayed;

    internal override Task AfterAsync(FaultedCall call) => call.AwaitLaterAnswerAsync(AtMost);

    internal override IEnumerable<string> Check() => AtMost > TimeSpan.Zero ? base.Check() : [.. base.Check(), "at_most must be positive"];
}
