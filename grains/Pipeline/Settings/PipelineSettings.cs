using Orleans.Kpl.Aggregation;
using Orleans.Kpl.Pipeline.Road.Limiting;
using Orleans.Kpl.Pipeline.Timing;

namespace Orleans.Kpl.Pipeline.Settings;

/// <summary>The options that the steps of one stream need, validated and in their own units.</summary>
internal sealed class PipelineSettings
{
    /// <summary>The bytes that a record may have where the stream does not set another limit (AWS: MaxRecordSizeInKiB defaults to 1,024).</summary>
    public const int DefaultMaxRecordBytes = 1 << 20;

    public required StreamOptions Options { get; init; }

    /// <summary>
    /// Whether even a single user record is sent as an aggregate, so that every Kinesis record of a shard has the same partition key, and carries
    /// producer numbers.
    /// </summary>
    public required bool AlwaysWrap { get; init; }

    /// <summary>Returns a new line of numbers of aggregate members, with which consumers can drop duplicates; null where members have none.</summary>
    public Func<ProducerLine>? NewNumbers { get; set; }

    /// <summary>How much of a batch is let in at once: a quarter of the records that memory takes, and what a shard takes in a quarter of their time.</summary>
    public required (int Records, long Bytes) MostAtOnce { get; init; }

    public required Linger Linger { get; init; }

    public required CollectionLimits Collection { get; init; }

    public required ShardLimits Shard { get; init; }

    public required BackoffPolicy Backoff { get; init; }

    public long Ttl => Options.RecordTtl.Ticks;

    public ContainerKey ContainerKey => Options.ContainerKey;

    /// <summary>The limits of an aggregate. Aggregates are Kinesis records too, so the stream's record limit, key included, bounds them.</summary>
    public AggregationLimits Aggregation { get; set; }

    /// <summary>The limits for records that no shard was predicted for: each travels alone.</summary>
    public static AggregationLimits Alone { get; } = new(1, 10 << 20);

    /// <summary>The maximum bytes of key and data of one record.</summary>
    public long MaxRecordBytes
    {
        get => Volatile.Read(ref field);
        set => Volatile.Write(ref field, value);
    }

    /// <summary>The maximum bytes of key and data that the stream itself accepts.</summary>
    public long StreamRecordBytes
    {
        get => Volatile.Read(ref field);
        set => Volatile.Write(ref field, value);
    }
}

/// <summary>How large a record the stream takes. Until somebody asks, or where asking is not allowed, 1 MiB is assumed.</summary>
internal interface IRecordLimit
{
    /// <summary>Whether a larger record must wait for an answer: none has arrived yet, or the last one is too old to count against it.</summary>
    bool IsUnknown { get; }

    /// <summary>Completes when the limit is known, or cannot be read: then records up to Kinesis' own limit are accepted. Never throws.</summary>
    Task KnownAsync();
}

/// <summary>How long to wait before the next attempt. Each wait is drawn at random between half of the full wait and all of it.</summary>
internal sealed class BackoffPolicy(BackoffKind kind, TimeSpan initial, TimeSpan max)
{
    /// <summary>Returns the wait where nothing changes until an operator acts: the longest one, at least a second.</summary>
    /// <param name="draw">A random number from 0 up to 1.</param>
    public TimeSpan SlowDelay(double draw) =>
        TimeSpan.FromTicks((long)(Math.Max(max.Ticks, TimeSpan.TicksPerSecond) * (0.5 + draw / 2)));

    /// <param name="failures">Failed attempts so far, from 1.</param>
    /// <param name="draw">A random number from 0 up to 1.</param>
    public TimeSpan Delay(int failures, double draw)
    {
        var full = kind switch
        {
            BackoffKind.Constant => initial.Ticks,
            BackoffKind.Linear => initial.Ticks * (double)failures,
            _ => initial.Ticks * Math.Pow(2, Math.Min(failures - 1, 62)),
        };
        return TimeSpan.FromTicks((long)(Math.Min(full, max.Ticks) * (0.5 + draw / 2)));
    }
}

/// <summary>The maximum content of one PutRecords call: Kinesis records, and bytes of keys and payloads.</summary>
internal readonly record struct CollectionLimits(int MaxCount, long MaxBytes);
