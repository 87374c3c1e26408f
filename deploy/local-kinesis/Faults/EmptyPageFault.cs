using Orleans.Kpl.LocalKinesis.Faults.Switchboard;

namespace Orleans.Kpl.LocalKinesis.Faults;

/// <summary>A GetRecords answer is empty though data follows.</summary>
public sealed record EmptyPageFault : Fault
{
    internal override Task BeforeAsync(FaultedCall call)
    {
        call.EmptyPage = true;
        return Task.CompletedTask;
    }
}
