namespace Orleans.Kpl.LocalKinesis.Operations;

/// <summary>Finds the stream that a request is about.</summary>
internal static class StreamPeek
{
    /// <summary>Null when there is none, or the body is broken.</summary>
    public static string? NameOf(ReadOnlyMemory<byte> body, bool cbor)
    {
        try
        {
            return NameOf(RequestFields.Parse(body, cbor));
        }
        catch (KinesisException)
        {
            // The operation will say what is wrong with it.
            return null;
        }
    }

    public static string? NameOf(RequestFields fields)
    {
        if (fields.String("ShardIterator") is { } iterator) return ShardIterator.Parse(iterator).Stream;
        var name = fields.String("StreamName") ?? fields.String("StreamARN") ?? fields.String("ResourceARN") ?? fields.String("ConsumerARN");
        return name is null ? null : ConsumerArn.TryParse(name, out var consumer) ? consumer.Stream : StreamStore.NameOf(name);
    }
}
