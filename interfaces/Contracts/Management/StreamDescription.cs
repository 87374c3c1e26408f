namespace Orleans.Kpl.Management;

/// <summary>The result of DescribeStreamSummary for a stream, or the error of that call.</summary>
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

    /// <summary>Whether the stream is on-demand, so that the service reshards it.</summary>
    [Id(4)]
    public bool OnDemand { get; init; }

    /// <summary>The error; null on success.</summary>
    [Id(5)]
    public KinesisError? Error { get; init; }
}
