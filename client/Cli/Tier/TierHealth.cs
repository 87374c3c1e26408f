using System.Text.Json.Nodes;
using Orleans.Kpl.Conditions;

namespace Orleans.Kpl.Cli.Tier;

/// <summary>Reads the answer of a tier's <c>GET /health</c>.</summary>
internal static class TierHealth
{
    /// <summary>The sentence that says what is wrong, and whether it is about other streams only; null where nothing is.</summary>
    /// <param name="stream">The name or ARN of the stream that is asked about; null for all.</param>
    public static string? Sentence(JsonObject health, string? stream) => SeverityOf(health) is null or "well" ? null
        : $"{(IsOfOthers(health, stream) ? "another stream: " : "")}{(string?)ConditionOf(health)!["sentence"]}";

    /// <summary>The code, one of <see cref="ConditionCodes"/>; null where the tier does not tell.</summary>
    public static string? Code(JsonObject health) => (string?)ConditionOf(health)?["code"];

    /// <summary>Whether the tier's sentence is one of the severest kind.</summary>
    public static bool IsBad(JsonObject health) => SeverityOf(health) == "bad";

    /// <summary>Whether it speaks of nothing but records of other streams that failed, are set aside or could not be read.</summary>
    /// <param name="stream">The name or ARN of the stream that is asked about; null for all.</param>
    public static bool IsOfOthers(JsonObject health, string? stream) => stream is not null
        && StreamsOf(health) is { Count: > 0 } streams
        && !streams.Any(s => (string?)s == stream || stream.EndsWith($"/{(string?)s}", StringComparison.Ordinal));

    /// <summary>The streams whose records the sentence is about; null where it is about the whole process.</summary>
    private static JsonArray? StreamsOf(JsonObject health) => Code(health) switch
    {
        ConditionCodes.RecordsFailing => (health["failures"] as JsonObject)?["streams"] as JsonArray,
        ConditionCodes.SegmentsDamaged => health["damaged_streams"] as JsonArray,
        ConditionCodes.SetAside => health["set_aside_streams"] as JsonArray,
        ConditionCodes.StreamMissing => health["missing_streams"] as JsonArray,
        _ => null,
    };

    private static JsonObject? ConditionOf(JsonObject health) => health["condition"] as JsonObject;

    private static string? SeverityOf(JsonObject health) => (string?)ConditionOf(health)?["severity"];
}
