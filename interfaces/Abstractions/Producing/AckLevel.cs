namespace Orleans.Kpl;

/// <summary>When a put counts as acknowledged. Use <see cref="AckLevels.IsAtLeast"/> to compare the strength of two levels.</summary>
/// <remarks>The numbers are those of the wire format. They decrease as the level gets stronger: do not compare them.</remarks>
public enum AckLevel
{
    /// <summary>The record is in memory.</summary>
    Accepted = 2,

    /// <summary>The record is in the durable backlog.</summary>
    Persisted = 1,

    /// <summary>Kinesis has the record where its consumers can see it. The default.</summary>
    Delivered = 0,
}
