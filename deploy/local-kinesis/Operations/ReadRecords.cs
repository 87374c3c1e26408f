using System.Text;

namespace Orleans.Kpl.LocalKinesis.Operations;

/// <summary>Writes a run of a shard's records and, at a closed shard's end, its children. Callers hold the shard's lock.</summary>
/// <param name="Next">The counter of the first record that was not written.</param>
/// <param name="Count">How many records were written.</param>
/// <param name="Bytes">Their data and keys.</param>
/// <param name="MillisBehind">How old the last written record is, or the first that is left; 0 at the tip.</param>
/// <param name="Last">The sequence number of the last written record.</param>
internal readonly record struct ReadRecords(long Next, int Count, int Bytes, long MillisBehind, SequenceNumber? Last)
{
    /// <summary>Writes the Records field: at least one record where there is one and the limit is not 0.</summary>
    public static ReadRecords Write(AnswerWriter answer, Shard shard, long counter, (int Records, int Bytes) most, long nowTicks)
    {
        counter = Math.Max(counter, shard.Log.FirstCounter);
        var (count, bytes, behindTicks) = (0, 0, 0L);
        SequenceNumber? last = null;
        answer.StartArray("Records"u8);
        foreach (var record in shard.Log.From(counter))
        {
            var size = record.Key.Length + record.Data.Length;
            if (count == 0) behindTicks = record.ArrivalTicks;
            if (count == most.Records || (count > 0 && bytes + size > most.Bytes)) break;
            last = shard.NumberOf(record.Counter, record.ArrivalTicks);
            Write(answer, last.Value, record);
            (count, bytes, behindTicks) = (count + 1, bytes + size, record.ArrivalTicks);
        }
        answer.EndArray();
        var next = counter + count;
        var behind = next >= shard.Log.NextCounter ? 0 : Math.Max(1, (nowTicks - behindTicks) / TimeSpan.TicksPerMillisecond);
        return new(next, count, bytes, behind, last);
    }

    /// <summary>Writes the ChildShards field.</summary>
    public static void WriteChildren(AnswerWriter answer, IEnumerable<Shard> children) => answer.Objects("ChildShards"u8, children, child =>
    {
        answer.Field("ShardId"u8, child.Id);
        answer.StartArray("ParentShards"u8);
        answer.String(child.Parent!.Id);
        if (child.AdjacentParent is { } adjacent) answer.String(adjacent.Id);
        answer.EndArray();
        ShardView.WriteRange(answer, child);
    });

    private static void Write(AnswerWriter answer, SequenceNumber number, in LogRecord record)
    {
        answer.StartObject();
        answer.Field("SequenceNumber"u8, number.ToString());
        answer.Instant("ApproximateArrivalTimestamp"u8, record.ArrivalTicks);
        answer.Name("Data"u8);
        answer.Bytes(record.Data.Span);
        answer.Field("PartitionKey"u8, Encoding.UTF8.GetString(record.Key.Span));
        answer.EndObject();
    }
}
