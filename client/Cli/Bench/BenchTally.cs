using System.Runtime.CompilerServices;
using Orleans.Kpl.Cli.Batches;
using Orleans.Kpl.Cli.Terminal;

namespace Orleans.Kpl.Cli.Bench;

/// <summary>Counts the outcomes of a bench, one batch at a time.</summary>
/// <param name="isAlone">Whether no one else's records are in the Kinesis records: then each has a first member here.</param>
internal sealed class BenchTally(TimeProvider time, FailurePrinter failures, bool isAlone = false)
{
    private readonly HashSet<(string ShardId, string SequenceNumber)> _shared = [];

    /// <summary>The most recent sequence numbers: the members of an aggregate share the same string.</summary>
    private readonly string?[] _recent = new string?[4096];

    /// <summary>The ends of Kinesis records in this batch, and the latency of their members, which were put together and ended together.</summary>
    private readonly (SharedOutcome? End, int Latency)[] _ends = new (SharedOutcome?, int)[256];

    private long _delivered;
    private long _alone;

    /// <summary>The number of delivered records.</summary>
    public long Delivered => Volatile.Read(ref _delivered);

    /// <summary>The number of distinct Kinesis records among the outcomes.</summary>
    public long KinesisRecords => _alone + _shared.Count;

    /// <summary>Latencies of records that were put before this instant are left out.</summary>
    public DateTimeOffset CountsFrom { private get; set; }

    /// <summary>The latencies from enqueue to outcome.</summary>
    public LatencyHistogram Latencies { get; } = new();

    public void Count(PutBatch batch, DateTimeOffset sentAt)
    {
        var delivered = batch.Delivered is { } whole ? CountWhole(whole.Results, sentAt) : CountEach(batch, sentAt);
        Volatile.Write(ref _delivered, _delivered + delivered);
    }

    /// <summary>Counts results of which all are delivered. Most of them share their end with others, and so its latency.</summary>
    private int CountWhole(ReadOnlySpan<RecordResult> results, DateTimeOffset sentAt)
    {
        Array.Clear(_ends);
        var (isTimed, now) = (sentAt >= CountsFrom, time.GetUtcNow());
        foreach (ref readonly var result in results)
        {
            var end = result.Outcome!;
            ref var known = ref _ends[RuntimeHelpers.GetHashCode(end) & (_ends.Length - 1)];
            if (!ReferenceEquals(known.End, end))
            {
                known = (end, isTimed ? BucketOf(sentAt, end.Attempts is [.., var last] ? last.EndedAt : now, now) : 0);
                if (!isAlone)
                    CountKinesisRecord(end.ShardId!, end.SequenceNumber!);
            }

            if (isTimed)
                Latencies.AddAt(known.Latency);
            if (isAlone && result.SubSequenceNumber == 0)
                _alone++;
        }

        return results.Length;
    }

    private int CountEach(PutBatch batch, DateTimeOffset sentAt)
    {
        var now = time.GetUtcNow();
        var delivered = 0;
        for (var i = 0; i < batch.Count; i++)
        {
            ref readonly var outcome = ref batch.Outcomes[i];
            if (sentAt >= CountsFrom)
                Latencies.AddAt(BucketOf(sentAt, outcome.EndedAt ?? now, now));
            if (outcome.Delivered)
            {
                delivered++;
                CountKinesisRecord(outcome.ShardId!, outcome.SequenceNumber!);
            }
            else if (outcome.Persisted)
                delivered++;
            else
                failures.Add(batch.LineOf(i), outcome.ErrorCode ?? "Unknown", outcome.ErrorMessage);
        }

        return delivered;
    }

    /// <summary>
    /// Returns the bucket of a latency. An end that came before the record was put, or is still to come, was told by the clock of another machine: all that is
    /// known then is that the outcome is here by now.
    /// </summary>
    private static int BucketOf(DateTimeOffset sentAt, DateTimeOffset endedAt, DateTimeOffset now) =>
        LatencyHistogram.BucketOf((endedAt >= sentAt && endedAt <= now ? endedAt : now) - sentAt);

    private void CountKinesisRecord(string shardId, string sequenceNumber)
    {
        ref var recent = ref _recent[RuntimeHelpers.GetHashCode(sequenceNumber) & (_recent.Length - 1)];
        if (ReferenceEquals(recent, sequenceNumber))
            return;
        recent = sequenceNumber;
        _shared.Add((shardId, sequenceNumber));
    }
}
