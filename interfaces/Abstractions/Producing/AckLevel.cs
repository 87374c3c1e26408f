namespace Orleans.Kpl;

/// <summary>When a put counts as answered, in order of strength; <see cref="AckLevels.IsAtLeast"/> compares.</summary>
/// <remarks>The numbers are those that travel, and run the other way: do not compare them.</remarks>
public enum AckLevel
{
    /// <summary>The record is in memory.</summary>
    Accepted = 2,

    /// <summary>The record is in the durable backlog.</summary>
    Persisted = 1,

    /// <summary>Kinesis has the record where its consumers can see it. The default.</summary>
    Delivered = 0,
}
