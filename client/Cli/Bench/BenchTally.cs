using System.Runtime.CompilerServices;
using Orleans.Kpl.Cli.Batches;
using Orleans.Kpl.Cli.Terminal;

namespace Orleans.Kpl.Cli.Bench;

/// <summary>Counts the outcomes of a bench, one batch at a time.</summary>
internal sealed class BenchTally(TimeProvider time, FailurePrinter failures)
{
    private readonly LatencyHistogram _latencies = new();
    private readonly HashSet<(string ShardId, string SequenceNumber)> _kinesisRecords = [];

    /// <summary>The most recent sequence numbers: the members of an aggregate share the same string.</summary>
    private readonly string?[] _recent = new string?[4096];

    private long _delivered;

    /// <summary>The number of delivered records.</summary>
    public long Delivered => Volatile.Read(ref _delivered);

    /// <summary>The number of distinct Kinesis records among the outcomes.</summary>
    public int KinesisRecords => _kinesisRecords.Count;

    /// <summary>Latencies of records that were put before this instant are left out.</summary>
    public DateTimeOffset CountsFrom { private get; set; }

    /// <summary>The latencies from enqueue to outcome.</summary>
    public LatencyHistogram Latencies => _latencies;

    public void Count(PutBatch batch, DateTimeOffset sentAt)
    {
        var now = time.GetUtcNow();
        var delivered = 0;
        for (var i = 0; i < batch.Count; i++)
        {
            ref readonly var outcome = ref batch.Outcomes[i];
            if (sentAt >= CountsFrom)
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
