using Orleans.Kpl.LocalKinesis.Limits;
using Orleans.Kpl.LocalKinesis.Operations;

namespace Orleans.Kpl.LocalKinesis.FanOut;

/// <summary>
/// The events of one subscription: records as soon as the consumer's rate allows, an event without records first and after 5 s of
/// silence, and last the children of a shard that was read to its end. These come in an event of their own, as the service's do: clients
/// such as lifion-kinesis drop the records of an event that has no ContinuationSequenceNumber.
/// </summary>
/// <param name="counter">The counter of the first record that is wanted.</param>
/// <param name="rate">The consumer's throughput from the shard; null when it has no limit.</param>
internal sealed class SubscriptionEvents(Shard shard, long counter, SubscriptionRate? rate)
{
    private static readonly TimeSpan LongestSilence = TimeSpan.FromSeconds(5);

    // AWS does not say how it cuts events; no event here is longer than half a second's worth, or one record.
    private static readonly (int Records, int Bytes) MostPerEvent = (10_000, 1_048_576);

    private long _counter = counter;
    private long _nextEmptyAtTicks;

    /// <summary>Whether the last event was that of the shard's end.</summary>
    public bool IsAtEnd { get; private set; }

    /// <summary>The message that a stream of events starts with.</summary>
    public static ReadOnlyMemory<byte> Initial(EventStreamWriter writer)
    {
        writer.StartEvent("initial-response");
        writer.Payload.StartObject();
        writer.Payload.EndObject();
        return writer.End();
    }

    /// <summary>The message that it ends with when something went wrong.</summary>
    public static ReadOnlyMemory<byte> Exception(EventStreamWriter writer, KinesisException error)
    {
        writer.StartException(error.Type);
        writer.Payload.StartObject();
        writer.Payload.Field("message"u8, error.Message);
        writer.Payload.EndObject();
        return writer.End();
    }

    /// <summary>Writes the next event, but for its end, when it is due; otherwise says when to ask again unless something changes.</summary>
    public bool TryNext(EventStreamWriter writer, long nowTicks, out long untilTicks)
    {
        lock (shard.Lock)
        {
            untilTicks = _nextEmptyAtTicks;
            var hasRecords = Math.Max(_counter, shard.Log.FirstCounter) < shard.Log.NextCounter;
            if (hasRecords && rate?.WaitTicks(nowTicks) is > 0 and var wait)
            {
                untilTicks = nowTicks + wait;
                return false;
            }
            if (!hasRecords && shard.IsOpen && nowTicks < _nextEmptyAtTicks) return false;
            Write(writer, nowTicks);
            _nextEmptyAtTicks = nowTicks + LongestSilence.Ticks;
            return true;
        }
    }

    private void Write(EventStreamWriter writer, long nowTicks)
    {
        writer.StartEvent("SubscribeToShardEvent");
        var payload = writer.Payload;
        payload.StartObject();
        var read = ReadRecords.Write(payload, shard, _counter, MostPerEvent, nowTicks);
        rate?.Charge(read.Bytes);
        _counter = read.Next;
        // Without children, the shard was closed with its stream, which its reader is told otherwise.
        var children = shard.IsOpen || read.Count > 0 ? [] : shard.Children.ToList();
        IsAtEnd = children.Count > 0;
        if (IsAtEnd) ReadRecords.WriteChildren(payload, children);
        else payload.Field("ContinuationSequenceNumber"u8, (read.Last ?? Tip()).ToString());
        payload.Field("MillisBehindLatest"u8, read.MillisBehind);
        payload.EndObject();
    }

    /// <summary>The position of a reader that has nothing to read: at the shard's last record, or before its first.</summary>
    private SequenceNumber Tip() => shard.Log.NextCounter == 1
        ? shard.StartingSequenceNumber : shard.NumberOf(shard.Log.NextCounter - 1, shard.Log.LastArrivalTicks);
}
