using System.Globalization;

namespace Orleans.Kpl.LocalKinesis.Operations;

/// <summary>The position at which to start reading a shard: a shard iterator's type, or a subscription's starting position.</summary>
/// <param name="Operation">The operation that was called, for its errors.</param>
/// <param name="Type">One of <see cref="Types"/>.</param>
/// <param name="Number">The sequence number, where the type needs one.</param>
/// <param name="InstantTicks">The instant, where the type needs one.</param>
internal readonly record struct StartingPosition(string Operation, string Type, string? Number, long? InstantTicks)
{
    public static readonly string[] Types = ["AFTER_SEQUENCE_NUMBER", "LATEST", "AT_TIMESTAMP", "AT_SEQUENCE_NUMBER", "TRIM_HORIZON"];

    /// <summary>The counter of the first record to read.</summary>
    public long CounterIn(Shard shard, long nowTicks)
    {
        var number = Type.EndsWith("SEQUENCE_NUMBER", StringComparison.Ordinal) ? NumberOf(shard) : default;
        var instant = Type == "AT_TIMESTAMP" ? Instant(nowTicks) : 0;
        lock (shard.Lock)
        {
            return Type switch
            {
                "TRIM_HORIZON" => shard.Log.FirstCounter,
                "LATEST" => shard.Log.NextCounter,
                "AT_SEQUENCE_NUMBER" => number.Counter,
                "AFTER_SEQUENCE_NUMBER" => number.Counter + 1,
                _ => shard.Log.CounterAt(instant),
            };
        }
    }

    private SequenceNumber NumberOf(Shard shard)
    {
        if (Number is null)
            throw KinesisErrors.InvalidArgument($"Must either specify a StartingSequenceNumber or a Timestamp for ShardIteratorType {Type}.");
        if (SequenceNumber.TryParse(Number, out var number) && number.Birth == shard.Birth && number.ShardIndex == shard.Index
            && number.Counter <= shard.Log.NextCounter) return number;
        throw KinesisErrors.InvalidArgument(
            $"StartingSequenceNumber {Number} used in {Operation} on shard {shard.Id} " +
            $"in stream {shard.Stream.Name} under account {KinesisErrors.Account} is invalid because it did not come from this stream and shard.");
    }

    private long Instant(long nowTicks)
    {
        if (InstantTicks is not { } instant)
            throw KinesisErrors.InvalidArgument(
                "Must specify timestampInMillis parameter for iterator of type AT_TIMESTAMP. Current request has no timestamp parameter.");
        if (instant > nowTicks)
            throw KinesisErrors.InvalidArgument(
                "The timestampInMillis parameter cannot be greater than the currentTimestampInMillis. " +
                $"timestampInMillis: {EndpointClock.ToUnixMilliseconds(instant)}, " +
                $"currentTimestampInMillis: {EndpointClock.ToUnixMilliseconds(nowTicks)}");
        return instant;
    }
}

/// <summary>A reader's position in a shard: the counter of the next record, and when the iterator was given out.</summary>
internal readonly record struct ShardIterator(string Stream, long StreamCreatedTicks, int ShardIndex, long Counter, long IssuedTicks)
{
    private const string Kind = "iterator";

    public static ShardIterator At(Shard shard, long counter, long nowTicks) =>
        new(shard.Stream.Name, shard.Stream.CreatedAtTicks, shard.Index, counter, nowTicks);

    public override string ToString() => OpaqueToken.Write(Kind, Stream, StreamCreatedTicks, ShardIndex, Counter, IssuedTicks);

    public static ShardIterator Parse(string token)
    {
        if (OpaqueToken.Read(token, Kind, 5) is { } fields
            && long.TryParse(fields[1], NumberStyles.None, null, out var created)
            && int.TryParse(fields[2], NumberStyles.None, null, out var shard)
            && long.TryParse(fields[3], NumberStyles.None, null, out var counter)
            && long.TryParse(fields[4], NumberStyles.None, null, out var issued))
            return new(fields[0], created, shard, counter, issued);
        throw KinesisErrors.InvalidArgument("Invalid ShardIterator.");
    }
}
