namespace Orleans.Kpl.Conditions;

/// <summary>The codes of <see cref="TierCondition"/>. Where an alert of deploy/monitoring is about the same, it is named <c>Kpl</c> and this code.</summary>
internal static class ConditionCodes
{
    public const string Well = "Well";
    public const string StreamMissing = "StreamMissing";
    public const string KinesisAway = "KinesisAway";
    public const string SiloLost = "SiloLost";
    public const string SiloSilent = "SiloSilent";
    public const string StoreUnusable = "StoreUnusable";
    public const string LedgerUnbalanced = "LedgerUnbalanced";
    public const string RecordsFailing = "RecordsFailing";
    public const string ShardsFull = "ShardsFull";
    public const string Throttled = "Throttled";
    public const string BacklogGrowing = "BacklogGrowing";
    public const string Spilling = "Spilling";
    public const string RecordsOld = "RecordsOld";
    public const string NotRead = "NotRead";
    public const string ShardsChanging = "ShardsChanging";
    public const string BacklogReplaying = "BacklogReplaying";

    /// <summary>Those that have an alert.</summary>
    public static IReadOnlyList<string> WithAlert { get; } = [LedgerUnbalanced, RecordsFailing, Throttled, BacklogGrowing, RecordsOld];
}
