using Orleans.Kpl.LocalKinesis.Store;
using Orleans.Kpl.LocalKinesis.Wire;

namespace Orleans.Kpl.LocalKinesis.Operations.Reading;

/// <summary>Up to 10,000 records or 10 MiB from a place in a shard; at a closed shard's end, its children for the next iterator.</summary>
internal static class GetRecords
{
    private const int MostRecords = 10_000;
    private const int MostBytes = 10 * 1_048_576;

    public static void Execute(OperationCall call)
    {
        var (token, limit) = (call.Fields.String("ShardIterator"), call.Fields.Int("Limit"));
        var constraints = new Constraints();
        constraints.Required("shardIterator", token is not null);
        constraints.Length(token, "shardIterator", 1, 512);
        constraints.Range(limit, "limit", 1, MostRecords);
        constraints.ThrowIfAny();
        var iterator = ShardIterator.Parse(token!);
        var stream = call.Store.Get(iterator.Stream);
        if (stream.CreatedAtTicks != iterator.StreamCreatedTicks || iterator.ShardIndex >= stream.Shards.Count)
            throw KinesisErrors.ResourceNotFound(iterator.Stream);
        CheckAge(iterator, call);
        var shard = stream.Shards[iterator.ShardIndex];
        call.Answer.StartObject();
        // Under the lock, because retention may take the records' memory away.
        lock (shard.Gate) Read(call, shard, iterator.Counter, limit ?? MostRecords);
        call.Answer.EndObject();
    }

    private static void Read(OperationCall call, Shard shard, long counter, int limit)
    {
        if (shard.ReadLimit is { } readLimit && !readLimit.TryStart(call.NowTicks))
            throw KinesisErrors.Throttled(KinesisErrors.RateExceeded(shard.Id, shard.Stream.Name));
        var answer = call.Answer;
        var read = ReadRecords.Write(answer, shard, counter, (call.Faults is { EmptyPage: true } ? 0 : limit, MostBytes), call.NowTicks);
        shard.ReadLimit?.Charge(read.Bytes);
        answer.Field("MillisBehindLatest"u8, read.MillisBehind);
        if (shard.IsOpen || read.Next < shard.Log.NextCounter)
            answer.Field("NextShardIterator"u8, ShardIterator.At(shard, read.Next, call.NowTicks).ToString());
        else ReadRecords.WriteChildren(answer, shard.Children);
    }

    private static void CheckAge(ShardIterator iterator, OperationCall call)
    {
        var lifetime = call.Store.Settings.Options.IteratorLifetime;
        if (call.NowTicks - iterator.IssuedTicks <= lifetime.Ticks) return;
        throw KinesisErrors.ExpiredIterator(
            $"Iterator expired. The iterator was created at time {new DateTime(iterator.IssuedTicks):R} " +
            $"while right now it is {new DateTime(call.NowTicks):R} " +
            $"which is further in the future than the tolerated delay of {(long)lifetime.TotalMilliseconds} milliseconds.");
    }
}
