namespace Orleans.Kpl.Pipeline.Kinesis;

/// <summary>The limits of one shard, as rates and capacities of its bucket.</summary>
internal sealed record ShardLimits
{
    /// <summary>Records per second of one shard (AWS: quotas and limits).</summary>
    public const double RecordsPerSecond = 1_000;

    /// <summary>Bytes per second of one shard, partition keys included (AWS: quotas and limits).</summary>
    public const double BytesPerSecond = 1 << 20;

    public required double RecordsPerTick { get; init; }

    public required double BytesPerTick { get; init; }

    public required double RecordCapacity { get; init; }

    public required double ByteCapacity { get; init; }

    /// <summary>The level at which any record may start, however large.</summary>
    public required double EnoughBytes { get; init; }

    /// <summary>The bytes that a new shard may send at once: one aggregate.</summary>
    public required double StartBytes { get; init; }

    /// <summary>
    /// Computes the limits from the options: the lower of its share and of the absolute ones. A bucket holds
    /// <see cref="StreamOptions.BurstTime"/> of both rates, and at least one aggregate.
    /// </summary>
    public static ShardLimits From(StreamOptions options)
    {
        var share = options.RateLimit / 100.0;
        var records = Math.Min(RecordsPerSecond * share, options.ShardRecordsPerSecond is > 0 and var most ? most : double.MaxValue);
        var bytes = Math.Min(BytesPerSecond * share, options.ShardBytesPerSecond is > 0 and var mostBytes ? mostBytes : double.MaxValue);
        var burst = options.BurstTime.TotalSeconds;
        // The container key's one byte counts too.
        double aggregate = options.AggregationMaxSize + 1;
        var capacity = Math.Max(aggregate, bytes * burst);
        return new ShardLimits
        {
            RecordsPerTick = records / TimeSpan.TicksPerSecond,
            BytesPerTick = bytes / TimeSpan.TicksPerSecond,
            RecordCapacity = Math.Max(1, records * burst),
            ByteCapacity = capacity,
            // An ordered stream sends one record at a time, each larger than the bucket. If a record had to wait until the
            // bucket is full, the tokens earned between that instant and the next record's start would be lost.
            EnoughBytes = options.Ordered == OrderedMode.Off ? capacity : capacity / 2,
            StartBytes = aggregate,
        };
    }

    /// <summary>The limits for records that no shard was predicted for.</summary>
    public static ShardLimits None { get; } = new()
    {
        RecordsPerTick = double.MaxValue,
        BytesPerTick = double.MaxValue,
        RecordCapacity = double.MaxValue,
        ByteCapacity = double.MaxValue,
        EnoughBytes = double.MaxValue,
        StartBytes = double.MaxValue,
    };
}
