namespace Orleans.Kpl;

/// <summary>When a put counts as answered.</summary>
public enum AckLevel
{
    /// <summary>Kinesis has the record where its consumers can see it. The default.</summary>
    Delivered = 0,

    /// <summary>The record is in the durable backlog.</summary>
    Persisted,

    /// <summary>The record is in memory.</summary>
    Accepted,
}
