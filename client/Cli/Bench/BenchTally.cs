using System.Runtime.CompilerServices;
using Orleans.Kpl.Cli.Batches;
using Orleans.Kpl.Cli.Terminal;

namespace Orleans.Kpl.Cli.Bench;

/// <summary>Counts the outcomes of a bench. One batch at a time.</summary>
internal sealed class BenchTally(TimeProvider time, FailurePrinter failures)
{
    private readonly LatencyHistogram _latencies = new();
    private readonly HashSet<(string ShardId, string SequenceNumber)> _kinesisRecords = [];

    /// <summary>Sequence numbers seen a moment ago: the members of an aggregate hold the same string.</summary>
    private readonly string?[] _recent = new string?[4096];

    private long _delivered;

    /// <summary>Records that ended well.</summary>
    public long Delivered => Volatile.Read(ref _delivered);

    /// <summary>Distinct Kinesis records among the outcomes.</summary>
    public int KinesisRecords => _kinesisRecords.Count;

    /// <summary>Latencies from enqueue to outcome.</summary>
    public LatencyHistogram Latencies => _latencies;

    public void Count(PutBatch batch, DateTimeOffset sentAt)
    {
        var now = time.GetUtcNow();
        var delivered = 0;
        for (var i = 0; i < batch.Count; i++)
        {
            ref readonly var outcome = ref batch.Outcomes[i];
            _latencies.Add((outcome.EndedAt ?? now) - sentAt);
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

        Volatile.Write(ref _delivered, _delivered + delivered);
    }

    private void CountKinesisRecord(string shardId, string sequenceNumber)
    {
        ref var recent = ref _recent[RuntimeHelpers.GetHashCode(sequenceNumber) & (_recent.Length - 1)];
        if (ReferenceEquals(recent, sequenceNumber))
            return;
        recent = sequenceNumber;
        _kinesisRecords.Add((shardId, sequenceNumber));
    }
}
