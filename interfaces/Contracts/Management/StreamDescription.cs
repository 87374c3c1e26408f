namespace Orleans.Kpl.Management;

/// <summary>What DescribeStreamSummary told of a stream, or the error that came in its place.</summary>
[GenerateSerializer]
[Immutable]
[Alias("Orleans.Kpl.StreamDescription")]
internal sealed record StreamDescription
{
    [Id(0)]
    public string StreamArn { get; init; } = "";

    /// <summary>CREATING, ACTIVE, UPDATING or DELETING.</summary>
    [Id(1)]
    public string Status { get; init; } = "";

    [Id(2)]
    public DateTimeOffset CreationTime { get; init; }

    [Id(3)]
    public int MaxRecordSizeInKiB { get; init; }

    /// <summary>Whether the service reshards the stream by itself.</summary>
    [Id(4)]
    public bool OnDemand { get; init; }

    /// <summary>What failed; null when nothing did.</summary>
    [Id(5)]
    public KinesisError? Error { get; init; }
}
