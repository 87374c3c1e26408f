using Orleans.Kpl.LocalKinesis.Faults.Switchboard;
using Orleans.Kpl.LocalKinesis.Wire;

namespace Orleans.Kpl.LocalKinesis.Faults;

/// <summary>
/// A subscription of SubscribeToShard ends with an error among its events: InternalFailureException, KMSThrottlingException,
/// ResourceNotFoundException or any other type. Other calls go on as if it were not there.
/// </summary>
public sealed record SubscriptionErrorFault : Fault
{
    /// <summary>The error's type; not empty. Default: InternalFailureException.</summary>
    public string Type { get; init; } = "InternalFailureException";

    /// <summary>Its message. Default: null, one that names the type.</summary>
    public string? Message { get; init; }

    /// <summary>How many events of the subscription come before it, 0 or more; the initial response is none. Default: 0.</summary>
    public int AfterEvents { get; init; }

    internal override Task BeforeAsync(FaultedCall call)
    {
        call.SubscriptionFailure = new(AfterEvents, new KinesisException(Type, Message ?? $"{Type} was asked for."));
        return Task.CompletedTask;
    }

    internal override IEnumerable<string> Check()
    {
        foreach (var error in base.Check()) yield return error;
        if (string.IsNullOrEmpty(Type)) yield return "type must be set";
        if (AfterEvents < 0) yield return "after_events must not be negative";
    }
}
