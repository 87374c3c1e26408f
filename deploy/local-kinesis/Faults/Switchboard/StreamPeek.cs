using Orleans.Kpl.LocalKinesis.Operations;

namespace Orleans.Kpl.LocalKinesis.Faults.Switchboard;

/// <summary>Finds the stream that a request is about. Null when there is none, or the body is broken.</summary>
internal static class StreamPeek
{
    public static string? NameOf(ReadOnlyMemory<byte> body, bool cbor)
    {
        try
        {
            var fields = RequestFields.Parse(body, cbor);
            if (fields.String("ShardIterator") is { } iterator) return ShardIterator.Parse(iterator).Stream;
            var name = fields.String("StreamName") ?? fields.String("StreamARN") ?? fields.String("ResourceARN") ?? fields.String("ConsumerARN");
            return name is null ? null : ConsumerArn.TryParse(name, out var consumer) ? consumer.Stream : StreamStore.NameOf(name);
        }
        catch (KinesisException)
        {
            // The operation will say what is wrong with it.
            return null;
        }
    }
}
