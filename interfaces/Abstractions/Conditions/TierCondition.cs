using System.Text.Json.Serialization;

namespace Orleans.Kpl.Conditions;

/// <summary>How a tier is, in one sentence with the next step. <see cref="ConditionRules"/> makes it, and nothing else does.</summary>
/// <param name="Severity">How much it asks of an operator.</param>
/// <param name="Code">One of <see cref="ConditionCodes"/>.</param>
/// <param name="Sentence">The state and the next step.</param>
/// <param name="Since">Since when it is so, as far as that is known.</param>
internal sealed record TierCondition(
    [property: JsonConverter(typeof(JsonStringEnumConverter<ConditionSeverity>))] ConditionSeverity Severity,
    string Code, string Sentence, DateTimeOffset? Since = null);

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

/// <summary>The codes of <see cref="TierCondition"/>. Where an alert of deploy/monitoring is about the same, it is named <c>Kpl</c> and this code.</summary>
internal static class ConditionCodes
{
    public const string Well = "Well";
    public const string StreamMissing = "StreamMissing";
    public const string KinesisAway = "KinesisAway";
    public const string KinesisRelayed = "KinesisRelayed";
    public const string SiloLost = "SiloLost";
    public const string SiloSilent = "SiloSilent";
    public const string StoreUnusable = "StoreUnusable";
    public const string StateUnusable = "StateUnusable";
    public const string LedgerUnbalanced = "LedgerUnbalanced";
    public const string RecordsFailing = "RecordsFailing";
    public const string SegmentsDamaged = "SegmentsDamaged";
    public const string SetAside = "SetAside";
    public const string ShardsFull = "ShardsFull";
    public const string Throttled = "Throttled";
    public const string BacklogGrowing = "BacklogGrowing";
    public const string Spilling = "Spilling";
    public const string RecordsOld = "RecordsOld";
    public const string NotRead = "NotRead";
    public const string ShardsChanging = "ShardsChanging";
    public const string BacklogReplaying = "BacklogReplaying";
}
