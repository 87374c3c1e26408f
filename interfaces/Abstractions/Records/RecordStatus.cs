using System.Text.Json.Serialization;

namespace Orleans.Kpl;

/// <summary>How a user record ended.</summary>
public enum RecordStatus
{
    /// <summary>The record has not ended. A producer never returns a result with this status.</summary>
    [JsonStringEnumMemberName("none")]
    None = 0,

    /// <summary>The record is in Kinesis, where the consumers of the shard can see it.</summary>
    [JsonStringEnumMemberName("delivered")]
    Delivered,

    /// <summary>The record is in the durable backlog and will be delivered from there.</summary>
    [JsonStringEnumMemberName("persisted")]
    Persisted,

    /// <summary>The record is in memory, and delivery continues. Reported only when the caller asked for no more.</summary>
    [JsonStringEnumMemberName("accepted")]
    Accepted,

    /// <summary>The record was not delivered, and will not be tried again.</summary>
    [JsonStringEnumMemberName("failed")]
    Failed,

    /// <summary>The record's owner was lost while the record was in flight: it may or may not be in Kinesis.</summary>
    [JsonStringEnumMemberName("unknown")]
    Unknown,
}
