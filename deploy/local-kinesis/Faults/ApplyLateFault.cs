using Orleans.Kpl.LocalKinesis.Faults.Switchboard;

namespace Orleans.Kpl.LocalKinesis.Faults;

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

    internal override IEnumerable<string> Check() =>
        Delay >= TimeSpan.Zero ? base.Check() : [.. base.Check(), "delay must not be negative"];
}
