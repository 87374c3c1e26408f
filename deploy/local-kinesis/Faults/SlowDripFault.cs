using Orleans.Kpl.LocalKinesis.Faults.Switchboard;

namespace Orleans.Kpl.LocalKinesis.Faults;

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
        foreach (var error in base.Check()) yield return error;
        if (Bytes < 1) yield return "bytes must be at least 1";
        if (Every < TimeSpan.Zero) yield return "every must not be negative";
    }
}
