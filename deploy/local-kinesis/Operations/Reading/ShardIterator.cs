using System.Globalization;
using Orleans.Kpl.LocalKinesis.Store;
using Orleans.Kpl.LocalKinesis.Wire;

namespace Orleans.Kpl.LocalKinesis.Operations.Reading;

/// <summary>A reader's place in a shard: the counter of the next record, and when the iterator was given out.</summary>
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
