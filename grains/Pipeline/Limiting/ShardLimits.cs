namespace Orleans.Kpl.Pipeline.Limiting;

/// <summary>What one shard takes, as rates and capacities of its bucket.</summary>
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

    /// <summary>What a new shard may send at once: one aggregate.</summary>
    public required double StartBytes { get; init; }

    /// <summary>A bucket holds <see cref="StreamOptions.BurstTime"/> of both rates, and at least one aggregate.</summary>
    public static ShardLimits From(StreamOptions options)
    {
        var share = options.RateLimit / 100.0;
        var burst = options.BurstTime.TotalSeconds;
        // The container key's one byte counts too.
        double aggregate = options.AggregationMaxSize + 1;
        var capacity = Math.Max(aggregate, BytesPerSecond * share * burst);
        return new ShardLimits
        {
            RecordsPerTick = RecordsPerSecond * share / TimeSpan.TicksPerSecond,
            BytesPerTick = BytesPerSecond * share / TimeSpan.TicksPerSecond,
            RecordCapacity = Math.Max(1, RecordsPerSecond * share * burst),
            ByteCapacity = capacity,
            // One record at a time, each of them larger than the bucket: one that had to wait until it is full would lose what comes in
            // between that instant and the next record's start.
            EnoughBytes = options.Ordered == OrderedMode.Off ? capacity : capacity / 2,
            StartBytes = aggregate,
        };
    }

    /// <summary>For records that no shard was predicted for.</summary>
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
