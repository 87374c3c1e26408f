using System.Text.Json.Serialization;

namespace Orleans.Kpl;

/// <summary>How far an operation is.</summary>
public enum OperationState
{
    /// <summary>It goes on.</summary>
    [JsonStringEnumMemberName("running")]
    Running,

    /// <summary>Every step was done.</summary>
    [JsonStringEnumMemberName("done")]
    Done,

    /// <summary>It ended before, because it was asked to or the shards are not those that were planned for. What was done stays.</summary>
    [JsonStringEnumMemberName("stopped")]
    Stopped,

    /// <summary>Kinesis refuses to go on. What was done stays.</summary>
    [JsonStringEnumMemberName("failed")]
    Failed,
}
