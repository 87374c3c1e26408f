namespace Orleans.Kpl.LocalKinesis;

/// <summary>How large requests and records may be. The service's limits have changed; older clients and mocks keep the old ones.</summary>
/// <param name="MaxRequestBytes">Data and partition keys of one PutRecords call.</param>
/// <param name="MaxRecordBytes">The most that a stream's MaxRecordSizeInKiB may be raised to.</param>
public sealed record SizeLimits(int MaxRequestBytes, int MaxRecordBytes)
{
    /// <summary>A record of a stream that says nothing else: 1 MiB, data and partition key.</summary>
    public const int DefaultRecordBytes = 1_048_576;

    /// <summary>10 MiB requests; records of 1 MiB, up to 10 MiB where the stream's MaxRecordSizeInKiB says so.</summary>
    public static SizeLimits Today { get; } = new(10 * 1_048_576, 10 * 1_048_576);

    /// <summary>5 MiB requests and 1 MiB records; UpdateMaxRecordSize does not exist.</summary>
    public static SizeLimits Yesterday { get; } = new(5 * 1_048_576, DefaultRecordBytes);
}
