namespace Orleans.Kpl;

/// <summary>How a user record ended.</summary>
public enum RecordStatus
{
    /// <summary>Not ended. A result in this state is never handed out by a producer.</summary>
    None = 0,

    /// <summary>Kinesis has it, where the consumers of the shard can see it.</summary>
    Delivered,

    /// <summary>It is in the durable backlog and will be delivered from there.</summary>
    Persisted,

    /// <summary>It is in memory, and delivery goes on; only reported where no more was asked for.</summary>
    Accepted,

    /// <summary>It was not delivered, and no one tries any more.</summary>
    Failed,

    /// <summary>Its owner was lost while it was under way: it may or may not be in Kinesis.</summary>
    Unknown,
}
