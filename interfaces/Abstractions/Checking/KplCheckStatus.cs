using System.Text.Json.Serialization;

namespace Orleans.Kpl;

/// <summary>How a question of a check was answered.</summary>
public enum KplCheckStatus
{
    /// <summary>It is as a producer needs it.</summary>
    [JsonStringEnumMemberName("passed")]
    Passed,

    /// <summary>It is not: records would wait or fail.</summary>
    [JsonStringEnumMemberName("failed")]
    Failed,

    /// <summary>It could not be told, for the reason in the line's message.</summary>
    [JsonStringEnumMemberName("not_checked")]
    NotChecked,
}
