using System.Collections.Concurrent;
using Orleans.Kpl.Aws.Operations;
using Orleans.Kpl.Cli.Tail;

namespace Orleans.Kpl.Cli.Verify;

/// <summary>Notes what is read in a verifier, as KCL gives it: an aggregate that a wrong shard took does not count.</summary>
/// <param name="end">How far there is to read, for progress: the end of the window, or now.</param>
internal sealed class VerifySink(DeliveryVerifier verifier, DeliveryWindow window, DateTimeOffset end, TimeProvider time) : ITailSink
{
    /// <summary>How far each shard was read. Its pages come one after the other.</summary>
    private readonly ConcurrentDictionary<string, (ShardHashKeys Range, long At)> _shards = new(StringComparer.Ordinal);
    private long _records;
    private long _wrongShard;

    /// <summary>The number of user records read so far, those before and after the window too.</summary>
    public long Records => Volatile.Read(ref _records);

    /// <summary>The user records of the window that KCL passes over, because a shard took them that they do not belong to.</summary>
    public long WrongShard => Volatile.Read(ref _wrongShard);

    /// <summary>Whether all of it was read before: what comes now only tells that a number is not missing.</summary>
    public bool IsSecond { get; set; }

    public CancellationToken Closed => CancellationToken.None;

    /// <summary>How far reading is: of the time of all shards.</summary>
    public (long Done, long Total) Progress
    {
        get
        {
            var (done, span) = (0L, Math.Max(1, (end - window.ReadFrom).Ticks));
            foreach (var shard in _shards.Values)
                done += Math.Clamp(shard.At - window.ReadFrom.UtcTicks, 0, span);
            return (done / Math.Max(1, _shards.Count), span);
        }
    }

    public void Found(string shardId, IEnumerable<string> parents, ShardHashKeys range)
    {
        if (_shards.TryAdd(shardId, (range, 0)))
            verifier.NoteShard(shardId, parents);
    }

    public Task WriteAsync(string shardId, RecordsPage page, CancellationToken stop)
    {
        var ((range, at), index, read) = (_shards[shardId], 0, 0L);
        KinesisRecordData[] data = [.. page.Records.Select(static r => new KinesisRecordData(r.Data, r.PartitionKey))];
        foreach (var members in Aggregates.ReadAll(data, range))
        {
            var record = page.Records[index++];
            var (arrivedAt, before) = (record.ApproximateArrivalTimestamp, read);
            if (IsSecond && arrivedAt < window.To)
                arrivedAt = window.To;
            foreach (var member in members)
            {
                verifier.Note(member.ProducerNumber, shardId, arrivedAt);
                read++;
            }

            if (read == before && arrivedAt >= window.From && arrivedAt < window.To)
                Interlocked.Add(ref _wrongShard, Aggregates.Read(record.Data, record.PartitionKey).Count());
            at = record.ApproximateArrivalTimestamp.UtcTicks;
        }

        Interlocked.Add(ref _records, read);
        // By itself .NET lets the youngest generation grow to the size of the processor's cache. On some machines that is half a gigabyte, and
        // docs/verify.md promises less than 150 MiB.
        GC.Collect(0);
        var isBehind = page is { NextShardIterator: not null, MillisBehindLatest: not 0 } && !IsEnough(page);
        if (page.MillisBehindLatest is { } behind)
            at = (time.GetUtcNow() - TimeSpan.FromMilliseconds(behind)).UtcTicks;
        _shards[shardId] = (range, isBehind ? at : DateTimeOffset.MaxValue.UtcTicks);
        return Task.CompletedTask;
    }

    /// <remarks>Timestamps of a shard need not grow from record to record.</remarks>
    public bool IsEnough(RecordsPage page) => page.Records.Count > 0 && page.Records.All(r => r.ApproximateArrivalTimestamp > window.ReadTo);
}
