using Orleans.Kpl.LocalKinesis.FanOut;
using Orleans.Kpl.LocalKinesis.Wire;

namespace Orleans.Kpl.LocalKinesis.Store;

/// <summary>A consumer that is registered for enhanced fan-out. What can change is read and written under the stream's lock.</summary>
internal sealed class StreamConsumer(KinesisStream stream, ConsumerArn arn, long registeredAtTicks)
{
    private readonly Dictionary<int, SubscriptionSlot> _slots = [];

    public KinesisStream Stream => stream;
    public string Name => Arn.Name;
    public ConsumerArn Arn { get; } = arn;

    /// <summary>When it was registered, to the second.</summary>
    public long RegisteredAtTicks => registeredAtTicks;
    public TagSet Tags { get; } = new($"consumer {arn.Name} of stream {stream.Name}");
    public ConsumerStatus Status { get; set; } = ConsumerStatus.Creating;

    /// <summary>How the service's messages name it.</summary>
    public string Title => $"Consumer {Name} with creation timestamp {Arn.RegisteredAt} under stream: {stream.Name}, account {KinesisErrors.Account}";

    /// <summary>The place of this consumer's one subscription to a shard.</summary>
    public SubscriptionSlot Slot(Shard shard, long nowTicks)
    {
        if (!_slots.TryGetValue(shard.Index, out var slot)) _slots[shard.Index] = slot = new(nowTicks);
        return slot;
    }

    /// <summary>Ends every subscription it has.</summary>
    public void EndSubscriptions(KinesisException error)
    {
        foreach (var slot in _slots.Values) slot.Current?.End(error);
    }
}
