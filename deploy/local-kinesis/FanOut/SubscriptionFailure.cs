using Orleans.Kpl.LocalKinesis.Wire;

namespace Orleans.Kpl.LocalKinesis.FanOut;

/// <summary>An error that a fault lets a subscription end with.</summary>
/// <param name="Events">So many events come before it.</param>
internal sealed record SubscriptionFailure(int Events, KinesisException Error)
{
    /// <summary>The error, once so many events were sent.</summary>
    public KinesisException? After(int sent) => sent >= Events ? Error : null;
}
