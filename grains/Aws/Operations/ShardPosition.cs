namespace Orleans.Kpl.Aws.Operations;

/// <summary>Where reading a shard begins (Kinesis API, GetShardIterator).</summary>
/// <param name="Type">The iterator's type, in Kinesis' words.</param>
/// <param name="SequenceNumber">For AT_SEQUENCE_NUMBER and AFTER_SEQUENCE_NUMBER.</param>
/// <param name="Timestamp">For AT_TIMESTAMP.</param>
internal sealed record ShardPosition(string Type, string? SequenceNumber = null, DateTimeOffset? Timestamp = null)
{
    /// <summary>The oldest record still kept.</summary>
    public static readonly ShardPosition TrimHorizon = new("TRIM_HORIZON");

    /// <summary>Only records that are put from now on.</summary>
    public static readonly ShardPosition Latest = new("LATEST");

    public static ShardPosition At(string sequenceNumber) => new("AT_SEQUENCE_NUMBER", SequenceNumber: sequenceNumber);

    public static ShardPosition After(string sequenceNumber) => new("AFTER_SEQUENCE_NUMBER", SequenceNumber: sequenceNumber);

    public static ShardPosition AtTimestamp(DateTimeOffset time) => new("AT_TIMESTAMP", Timestamp: time);
}
