using Orleans.Kpl.LocalKinesis.Faults.Switchboard;

namespace Orleans.Kpl.LocalKinesis.Faults;

/// <summary>The endpoint is gone: new connections are closed at once, old ones at their next request.</summary>
public sealed record OutageFault : Fault
{
    internal override bool ActsBeforeBody => true;

    internal override Task BeforeAsync(FaultedCall call)
    {
        call.DropConnection();
        return Task.CompletedTask;
    }
}
