namespace Orleans.Kpl.LocalKinesis.Store;

/// <summary>Copies of streams, shards and records that callers may keep.</summary>
internal static class Snapshots
{
    private const int RecordsPerLock = 512;

    public static StreamSnapshot Of(KinesisStream stream)
    {
        lock (stream.Lock)
        {
            return new()
            {
                Name = stream.Name, Arn = stream.Arn, Status = stream.Status, Mode = stream.Mode,
                CreatedAt = new(stream.CreatedAtTicks, TimeSpan.Zero), MaxRecordBytes = stream.MaxRecordBytes,
                ConsumerCount = stream.Consumers.All.Count,
                Shards = [.. stream.Shards.Select(Of)],
            };
        }
    }

    /// <summary>The retained records of a shard; the lock is taken for a few hundred at a time.</summary>
    public static IEnumerable<AppliedRecord> Records(Shard shard)
    {
        var counter = 0L;
        while (true)
        {
            List<AppliedRecord> batch;
            lock (shard.Lock)
            {
                batch = [.. shard.Log.From(counter).Take(RecordsPerLock).Select(record => Copy(shard, record, out counter))];
            }
            foreach (var record in batch) yield return record;
            if (batch.Count < RecordsPerLock) yield break;
        }
    }

    private static ShardSnapshot Of(Shard shard)
    {
        lock (shard.Lock)
        {
            return new()
            {
                ShardId = shard.Id, StartingHashKey = shard.Range.Start, EndingHashKey = shard.Range.End,
                ParentShardId = shard.Parent?.Id, AdjacentParentShardId = shard.AdjacentParent?.Id, IsOpen = shard.IsOpen,
                StartingSequenceNumber = shard.StartingSequenceNumber.ToString(),
                EndingSequenceNumber = shard.EndingSequenceNumber?.ToString(),
                AppliedRecords = shard.AppliedRecords, AppliedBytes = shard.AppliedBytes,
                RetainedRecords = shard.Log.NextCounter - shard.Log.FirstCounter, ThrottledRecords = shard.ThrottledRecords,
            };
        }
    }

    private static AppliedRecord Copy(Shard shard, in LogRecord record, out long next)
    {
        next = record.Counter + 1;
        return new(shard.Id, shard.NumberOf(record.Counter, record.ArrivalTicks).ToString(),
            System.Text.Encoding.UTF8.GetString(record.Key.Span), record.Hash, record.Data.ToArray(),
            new(record.ArrivalTicks, TimeSpan.Zero), record.Marks);
    }
}
