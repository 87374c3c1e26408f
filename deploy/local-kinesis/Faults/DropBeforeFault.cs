using Orleans.Kpl.LocalKinesis.Faults.Switchboard;

namespace Orleans.Kpl.LocalKinesis.Faults;

/// <summary>The connection is dropped before anything is applied.</summary>
public sealed record DropBeforeFault : Fault
{
    internal override Task BeforeAsync(FaultedCall call)
    {
        call.DropConnection();
        return Task.CompletedTask;
    }
}
