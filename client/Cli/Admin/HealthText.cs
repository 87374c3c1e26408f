using System.Globalization;
using System.Text.Json.Nodes;
using Orleans.Kpl.Cli.Terminal;

namespace Orleans.Kpl.Cli.Admin;

/// <summary>Says in a line how a tier is. Tiers of older versions do not tell of everything.</summary>
internal static class HealthText
{
    /// <summary>Whether the tier says that its calls to Kinesis fail.</summary>
    public static bool IsDegraded(JsonObject status) => status["health"] is JsonObject health && health["degraded"] is JsonValue value
        && value.TryGetValue<bool>(out var isDegraded) && isDegraded;

    /// <param name="status">The collected status: tier, stream, health, ready, …</param>
    /// <param name="paint">The colours.</param>
    public static string Of(JsonObject status, Paint paint)
    {
        var health = status["health"] as JsonObject;
        var state = (string?)status["ready"]?["error_message"] is { } obstacle ? paint.Words(obstacle, Tone.Warning)
            : IsDegraded(status) ? paint.Words(Degraded(health!), Tone.Bad)
            : paint.Words("ready", Tone.Good);
        var oldest = (double?)health?["oldest_record_age_seconds"] is { } age ? string.Create(CultureInfo.InvariantCulture, $", the oldest for {age:0.0} s") : "";
        var outstanding = (long?)health?["outstanding_records"] ?? 0;
        return $"{state}, {Quantity.Of(outstanding, "record")} outstanding{(outstanding > 0 ? oldest : "")}";
    }

    private static string Degraded(JsonObject health)
    {
        var code = (string?)health["degraded_code"] is { } known ? $" ({known})" : "";
        var since = DateTimeOffset.TryParse((string?)health["degraded_since"], CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var at)
            ? string.Create(CultureInfo.InvariantCulture, $" since {at.UtcDateTime:yyyy-MM-dd HH:mm:ss}Z")
            : "";
        return $"degraded{since}: its calls to Kinesis fail{code}";
    }
}
