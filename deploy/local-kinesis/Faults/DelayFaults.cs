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

    internal override IEnumerable<string> Check() => Delay >= TimeSpan.Zero ? [] : ["delay must not be negative"];
}

/// <summary>Nothing happens until the client has given up and closed; some time after that the call is applied.</summary>
public sealed record ApplyLateFault : Fault
{
    /// <summary>How long after the client gave up. Default: 3 s.</summary>
    public TimeSpan Delay { get; init; } = TimeSpan.FromSeconds(3);

    internal override RecordMarks Marks => RecordMarks.AppliedLate;

    internal override async Task BeforeAsync(FaultedCall call)
    {
        await call.ClientGoneAsync();
        await call.OutliveClientAsync(Delay);
    }

    internal override IEnumerable<string> Check() => Delay >= TimeSpan.Zero ? [] : ["delay must not be negative"];
}

/// <summary>An answer waits until that of a later call has been sent: answers arrive out of the order of their calls.</summary>
public sealed record OvertakenAnswerFault : Fault
{
    /// <summary>How long it waits at most, when no other call comes. Default: 1 s.</summary>
    public TimeSpan AtMost { get; init; } = TimeSpan.FromSeconds(1);

    internal override RecordMarks Marks => RecordMarks.AnswerDelayed;

    internal override Task AfterAsync(FaultedCall call) => call.AwaitLaterAnswerAsync(AtMost);

    internal override IEnumerable<string> Check() => AtMost > TimeSpan.Zero ? [] : ["at_most must be positive"];
}

/// <summary>The answer comes a few bytes at a time.</summary>
public sealed record SlowDripFault : Fault
{
    /// <summary>Bytes each time. Default: 16. At least 1.</summary>
    public int Bytes { get; init; } = 16;

    /// <summary>Between two times. Default: 50 ms.</summary>
    public TimeSpan Every { get; init; } = TimeSpan.FromMilliseconds(50);

    internal override RecordMarks Marks => RecordMarks.AnswerDelayed;

    internal override Task AfterAsync(FaultedCall call) => call.DripAnswerAsync(Bytes, Every);

    internal override IEnumerable<string> Check()
    {
        if (Bytes < 1) yield return "bytes must be at least 1";
        if (Every < TimeSpan.Zero) yield return "every must not be negative";
    }
}
