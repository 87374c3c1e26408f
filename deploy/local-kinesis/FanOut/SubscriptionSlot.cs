using Orleans.Kpl.LocalKinesis.Limits;
using Orleans.Kpl.LocalKinesis.Wire;

namespace Orleans.Kpl.LocalKinesis.FanOut;

/// <summary>
/// The one subscription that a consumer may have to a shard. A call within 5 s of the last successful one is refused, also when that
/// subscription is over; a later one takes over (AWS, "SubscribeToShard"). Callers hold the stream's lock.
/// </summary>
internal sealed class SubscriptionSlot(long nowTicks)
{
    private static readonly TimeSpan Exclusive = TimeSpan.FromSeconds(5);

    private long? _startedAtTicks;

    /// <summary>The subscription that is open, if one is.</summary>
    public ShardSubscription? Current { get; private set; }

    /// <summary>The consumer's throughput from the shard, whichever subscription uses it.</summary>
    public SubscriptionRate Rate { get; } = new(nowTicks);

    /// <summary>Throws ResourceInUseException when a subscription started less than 5 s ago.</summary>
    public void Check(string title, long nowTicks)
    {
        if (_startedAtTicks is { } started && nowTicks - started < Exclusive.Ticks) throw KinesisErrors.ResourceInUse(InUse(title));
    }

    /// <summary>Takes the slot over; a subscription that had it ends with ResourceInUseException.</summary>
    public void Take(ShardSubscription subscription, string title, long nowTicks)
    {
        Current?.End(KinesisErrors.ResourceInUse(InUse(title)));
        (Current, _startedAtTicks) = (subscription, nowTicks);
    }

    /// <summary>The subscription is over; another one may have the slot by now.</summary>
    public void Release(ShardSubscription subscription)
    {
        if (ReferenceEquals(Current, subscription)) Current = null;
    }

    private static string InUse(string title) => $"Another active subscription exists for this consumer: {title}";
}
