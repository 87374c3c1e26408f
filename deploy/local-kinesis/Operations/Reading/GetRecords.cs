using System.Globalization;
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
        counter = Math.Max(counter, shard.Log.FirstCounter);
        var (count, bytes, behindTicks) = (0, 0, 0L);
        answer.Name("Records"u8);
        answer.StartArray();
        foreach (var record in shard.Log.From(counter))
        {
            var size = record.Key.Length + record.Data.Length;
            if (count == 0) behindTicks = record.ArrivalTicks;
            if (count == limit || call.Faults is { EmptyPage: true } || (count > 0 && bytes + size > MostBytes)) break;
            Write(answer, shard, record);
            (count, bytes, behindTicks) = (count + 1, bytes + size, record.ArrivalTicks);
        }
        answer.EndArray();
        shard.ReadLimit?.Charge(bytes);
        counter += count;
        var atTip = counter >= shard.Log.NextCounter;
        answer.Field("MillisBehindLatest"u8, atTip ? 0 : Math.Max(1, (call.NowTicks - behindTicks) / TimeSpan.TicksPerMillisecond));
        if (!atTip || shard.IsOpen) answer.Field("NextShardIterator"u8, ShardIterator.At(shard, counter, call.NowTicks).ToString());
        else WriteChildren(answer, shard);
    }

    private static void Write(AnswerWriter answer, Shard shard, in LogRecord record)
    {
        answer.StartObject();
        answer.Name("SequenceNumber"u8);
        answer.Number(shard.NumberOf(record.Counter, record.ArrivalTicks));
        answer.Name("ApproximateArrivalTimestamp"u8);
        answer.Timestamp(record.ArrivalTicks);
        answer.Name("Data"u8);
        answer.Bytes(record.Data.Span);
        answer.Name("PartitionKey"u8);
        answer.Utf8(record.Key.Span);
        answer.EndObject();
    }

    private static void WriteChildren(AnswerWriter answer, Shard shard)
    {
        answer.Name("ChildShards"u8);
        answer.StartArray();
        foreach (var child in shard.Stream.Shards.Where(child => child.Parent == shard || child.AdjacentParent == shard))
        {
            answer.StartObject();
            answer.Field("ShardId"u8, child.Id);
            answer.Name("ParentShards"u8);
            answer.StartArray();
            answer.String(child.Parent!.Id);
            if (child.AdjacentParent is { } adjacent) answer.String(adjacent.Id);
            answer.EndArray();
            answer.Name("HashKeyRange"u8);
            answer.StartObject();
            answer.Field("StartingHashKey"u8, child.Range.Start.ToString(CultureInfo.InvariantCulture));
            answer.Field("EndingHashKey"u8, child.Range.End.ToString(CultureInfo.InvariantCulture));
            answer.EndObject();
            answer.EndObject();
        }
        answer.EndArray();
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
