using System.Text.Json.Nodes;
using Orleans.Kpl.Cli.Terminal;
using Orleans.Kpl.Cli.Tier;
using Orleans.Kpl.Conditions;
using Orleans.Kpl.Texts;

namespace Orleans.Kpl.Cli.Admin;

/// <summary>Says in a line how a tier is, by its own sentence where it is not well.</summary>
internal static class HealthText
{
    /// <summary>Whether the tier says that its calls to Kinesis fail.</summary>
    public static bool IsDegraded(JsonObject status) => status["health"] is JsonObject health && health["degraded"] is JsonValue value
        && value.TryGetValue<bool>(out var isDegraded) && isDegraded;

    /// <summary>
    /// Whether the tier is bad, by its own rule, for whichever stream. A silo does not know the dead letters of a stream; its manager told them with the
    /// backlog.
    /// </summary>
    public static bool IsBad(JsonObject status) => IsBadItself(status) || OfBacklog(status) is not null;

    private static bool IsBadItself(JsonObject status) => HealthOf(status) is { } health && TierHealth.IsBad(health);

    /// <param name="status">The collected status: tier, stream, health, ready, full_now, …</param>
    public static string Of(JsonObject status, Paint paint)
    {
        var health = HealthOf(status);
        var outstanding = (long?)health?["outstanding_records"] ?? 0;
        var age = (double?)health?["oldest_record_age_seconds"];
        var obstacle = (string?)status["ready"]?["error_message"];
        var own = health is null ? null : TierHealth.Sentence(health, (string?)status["stream"]);
        var (isBad, sentence) = IsBadItself(status) ? (true, own)
            : OfBacklog(status) is { } ofBacklog ? (true, ofBacklog.Sentence) : (false, own ?? (string?)status["full_now"]);
        if (obstacle is null && sentence is not null)
            return paint.Words(sentence, isBad ? Tone.Bad : Tone.Warning);
        var state = obstacle is null ? paint.Words("ready", Tone.Good) : paint.Words(obstacle, Tone.Warning);
        var oldest = age is null ? "" : $", the oldest for {age:0.0} s";
        return $"{state}, {Quantity.Of(outstanding, "record")}{(outstanding > 0 ? $" of all streams outstanding{oldest}" : " outstanding")}";
    }

    private static TierCondition? OfBacklog(JsonObject status)
    {
        var (damaged, letters) = (Some("damaged_segments"), Some("dead_letters"));
        return damaged is null && letters is null ? null
            : ConditionRules.Judge(new TierFacts { Now = default, Stream = (string?)status["stream"], DamagedSegments = damaged, SetAside = letters });

        long? Some(string name) => (long?)status["backlog"]?[name] is > 0 and var count ? count : null;
    }

    private static JsonObject? HealthOf(JsonObject status) => status["health"] as JsonObject;
}
