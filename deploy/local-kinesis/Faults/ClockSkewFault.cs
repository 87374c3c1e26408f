using Orleans.Kpl.LocalKinesis.Faults.Switchboard;

namespace Orleans.Kpl.LocalKinesis.Faults;

/// <summary>
/// The service's clock is off: requests signed at the true time are refused when the difference exceeds 5 minutes, checked or not,
/// and the Date header shows the service's time.
/// </summary>
public sealed record ClockSkewFault : Fault
{
    /// <summary>How far the service's clock is ahead; negative: behind. Default: 20 minutes.</summary>
    public TimeSpan Skew { get; init; } = TimeSpan.FromMinutes(20);

    internal override bool ActsBeforeBody => true;

    internal override Task BeforeAsync(FaultedCall call)
    {
        call.SkewClock(Skew);
        return Task.CompletedTask;
    }
}
