using System.Text.Json.Serialization;

namespace Orleans.Kpl.Conditions;

/// <summary>How much a condition asks of an operator.</summary>
internal enum ConditionSeverity
{
    /// <summary>Nothing: all is well.</summary>
    [JsonStringEnumMemberName("well")]
    Well,

    /// <summary>Nothing but patience: something is under way.</summary>
    [JsonStringEnumMemberName("busy")]
    Busy,

    /// <summary>A look soon: records are delivered, but not as they should be.</summary>
    [JsonStringEnumMemberName("warning")]
    Warning,

    /// <summary>A look now: records fail, or are not delivered.</summary>
    [JsonStringEnumMemberName("bad")]
    Bad,
}
