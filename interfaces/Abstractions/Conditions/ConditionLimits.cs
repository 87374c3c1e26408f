namespace Orleans.Kpl.Conditions;

/// <summary>From when on a number is worth a sentence. Alerts of deploy/monitoring have the same ones; a test compares them.</summary>
internal static class ConditionLimits
{
    /// <summary>A record waits for so long: half of the default time-to-live.</summary>
    public static readonly TimeSpan RecordsOld = TimeSpan.FromSeconds(15);

    /// <summary>So many of the attempts of Kinesis records are throttled.</summary>
    public const double Throttled = 0.05;

    /// <summary>A record is in the backlog for so long.</summary>
    public static readonly TimeSpan BacklogOld = TimeSpan.FromSeconds(300);

    /// <summary>Failures and lost silos are news for so long.</summary>
    public static readonly TimeSpan Recent = TimeSpan.FromMinutes(5);

    /// <summary>One key carries so much of its shard that no split helps.</summary>
    public const double HotKey = 0.5;
}
