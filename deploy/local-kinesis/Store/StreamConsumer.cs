using System.Globalization;
using System.Text.RegularExpressions;
using Orleans.Kpl.LocalKinesis.FanOut;

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
    public KinesisResource Resource { get; } = new(stream, $"consumer {arn.Name} of stream {stream.Name}");
    public ConsumerStatus Status { get; set; } = ConsumerStatus.Creating;

    /// <summary>How the service's messages name it.</summary>
    public string Title => $"Consumer {Name} with creation timestamp {Arn.RegisteredAt} under stream: {stream.Name}, account {KinesisErrors.Account}";

    /// <summary>The place of this consumer's one subscription to a shard.</summary>
    public SubscriptionSlot Slot(Shard shard, long nowTicks)
    {
        if (!_slots.TryGetValue(shard.Index, out var slot)) _slots[shard.Index] = slot = new(nowTicks);
        return slot;
    }

    public void EndSubscriptions(KinesisException error)
    {
        foreach (var slot in _slots.Values) slot.Current?.End(error);
    }
}

/// <summary>The ARN of a registered consumer: its stream's, its name, and the second in which it was registered.</summary>
internal readonly partial record struct ConsumerArn(string Stream, string Name, long RegisteredAt)
{
    /// <summary>Reads an ARN of this account and region.</summary>
    public static bool TryParse(string text, out ConsumerArn arn)
    {
        arn = default;
        if (OwnArn().Match(text) is not { Success: true } match) return false;
        arn = new(match.Groups[1].Value, match.Groups[2].Value, long.Parse(match.Groups[3].Value, CultureInfo.InvariantCulture));
        return true;
    }

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{KinesisStream.ArnOf(Stream)}/consumer/{Name}:{RegisteredAt}");

    [GeneratedRegex($"^arn:aws[a-z-]*:kinesis:{KinesisErrors.Region}:{KinesisErrors.Account}:stream/([a-zA-Z0-9_.-]+)"
        + "/consumer/([a-zA-Z0-9_.-]+):([0-9]{1,18})\\z")]
    private static partial Regex OwnArn();
}

/// <summary>The state a registered consumer is in. Only one that is ACTIVE can subscribe.</summary>
internal enum ConsumerStatus
{
    Creating,
    Active,
    Deleting,
}
