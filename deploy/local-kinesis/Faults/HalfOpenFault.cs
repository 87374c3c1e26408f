using Orleans.Kpl.LocalKinesis.Faults.Switchboard;

namespace Orleans.Kpl.LocalKinesis.Faults;

/// <summary>A call is read and never answered; nothing is applied.</summary>
public sealed record HalfOpenFault : Fault
{
    internal override async Task BeforeAsync(FaultedCall call)
    {
        await call.ClientGoneAsync();
        call.End();
    }
}
