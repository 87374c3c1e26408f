using Orleans.Kpl.Pipeline.Kinesis;

namespace Orleans.Kpl.Silos.Links;

/// <summary>
/// Kinesis as another silo reaches it. Each call is one call to Kinesis there, with its settings of the stream. It may fail with any exception,
/// whether it was carried out or not.
/// </summary>
internal interface IKinesisRelay
{
    /// <summary>
    /// Sends Kinesis records of an unordered stream; null where the silo has no room for them, and nothing was sent. The caller may have given up before
    /// this completes: the link to a silo reads the entries' memory before it returns.
    /// </summary>
    /// <exception cref="KinesisException">What Kinesis answered, or that the silo does not reach it either.</exception>
    Task<IReadOnlyList<PutRecordsReplyEntry>?> PutRecordsAsync(string stream, ReadOnlyMemory<PutRecordsEntry> entries);

    /// <summary>Returns what the silo's clocks show. It is told by them until when it may begin to send records of an ordered stream.</summary>
    Task<SiloTime> GetClocksAsync();

    /// <summary>Sends Kinesis records of an ordered stream, as <see cref="PutRecordsAsync"/> does, by the call that its order is kept with there.</summary>
    /// <param name="after">The sequence number for ordering of PutRecord; null for none.</param>
    /// <param name="until">When the caller's lease is over. From then on nothing is sent, and the answer is null.</param>
    Task<IReadOnlyList<PutRecordsReplyEntry>?> PutOrderedAsync(string stream, ReadOnlyMemory<PutRecordsEntry> entries, string? after, SiloTime until);

    /// <inheritdoc cref="IKinesisGateway.ListShardsAsync"/>
    Task<IReadOnlyList<ShardRange>> ListShardsAsync(string stream);

    /// <inheritdoc cref="IKinesisGateway.ListClosedShardsAsync"/>
    Task<IReadOnlyList<ShardRange>> ListClosedShardsAsync(string stream);

    /// <inheritdoc cref="IKinesisGateway.DescribeStreamSummaryAsync"/>
    Task<StreamSummary> DescribeAsync(string stream);
}

/// <summary>
/// An instant by the two clocks of one silo. It is past when either clock says so: the monotonic one stands still while the machine is suspended, and the wall
/// clock may be set.
/// </summary>
/// <param name="Uptime">The time since the silo began, by the monotonic clock.</param>
/// <param name="Wall">The time of day.</param>
internal readonly record struct SiloTime(TimeSpan Uptime, DateTimeOffset Wall)
{
    /// <summary>Returns the instant so much later.</summary>
    public SiloTime After(TimeSpan time) => new(Uptime + time, Wall + time);

    /// <summary>Whether that instant is past.</summary>
    public bool IsPast(SiloTime now) => now.Uptime >= Uptime || now.Wall >= Wall;
}
