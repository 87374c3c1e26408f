using Orleans.Kpl.LocalKinesis.Faults.Switchboard;

namespace Orleans.Kpl.LocalKinesis.Faults;

/// <summary>Put answers carry sequence numbers below those of every earlier record. The account and readers see the true ones.</summary>
public sealed record FallingSequenceNumberFault : Fault
{
    internal override Task BeforeAsync(FaultedCall call)
    {
        call.FallingSequenceNumbers = true;
        return Task.CompletedTask;
    }
}
