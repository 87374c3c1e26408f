using System.Text.Json;
using System.Text.Json.Serialization;
using Orleans.Kpl.Pipeline.Kinesis;

namespace Orleans.Kpl.Scaling.Capacities;

/// <summary>The intent to set a stream's warm throughput back. It is written before Kinesis is asked for more, and so outlives whoever wrote it.</summary>
/// <param name="StreamCreated">When the stream was created: one of the same name is another one.</param>
/// <param name="Set">The warm throughput that was asked for, in MiB/s.</param>
/// <param name="Back">What it is set back to.</param>
/// <param name="At">When.</param>
/// <param name="Tries">How often that was tried. Each try writes the row, so that of two managers one learns that it is not its turn.</param>
/// <param name="Was">What a former intent had set, which this one replaces: it is so still where nobody knows whether this change was made; else null.</param>
internal sealed record WarmIntent(DateTimeOffset StreamCreated, int Set, int Back, DateTimeOffset At, int Tries = 0, int? Was = null)
{
    /// <summary>The row kind of the intents of all streams.</summary>
    public const string Kind = "warm";

    /// <summary>Whether the stream has what this intent is to set back.</summary>
    public bool IsInForce(StreamSummary stream) => (stream.WarmMiBPerSecond ?? 0) is var warm && (warm == Set || warm == Was);

    /// <summary>Decides what is to be done when the time has come.</summary>
    /// <param name="stream">The stream as it is; null where there is none.</param>
    public WarmStep Next(StreamSummary? stream) => stream switch
    {
        null => new(false, "The stream is gone: its warm throughput is not set back."),
        _ when stream.CreationTime != StreamCreated => new(false, "The stream was created again: its warm throughput is not set back."),
        { OnDemand: false } => new(false, "The stream is provisioned now: its warm throughput is not set back."),
        { Status: not "ACTIVE" } => new(true, null),
        _ when (stream.WarmMiBPerSecond ?? 0) == Back => new(false, $"The warm throughput is {Back} MiB/s again."),
        _ when !IsInForce(stream) => new(
            false, $"Somebody set the warm throughput to {stream.WarmMiBPerSecond ?? 0} MiB/s meanwhile: it is not set back."),
        _ => new(true, $"The warm throughput was set back from {stream.WarmMiBPerSecond ?? 0} to {Back} MiB/s."),
    };

    public string ToJson() => JsonSerializer.Serialize(this, WarmJson.Default.WarmIntent);

    /// <exception cref="JsonException">The text is no intent.</exception>
    public static WarmIntent FromJson(string json) =>
        JsonSerializer.Deserialize(json, WarmJson.Default.WarmIntent) ?? throw new JsonException("An intent is expected, and null was found.");
}

/// <summary>The next step for an intent whose time has come.</summary>
/// <param name="GoesOn">Whether the intent still holds.</param>
/// <param name="Told">The history's sentence when this is done; null to wait.</param>
internal readonly record struct WarmStep(bool GoesOn, string? Told);

/// <summary>Serializes intents to JSON, without reflection.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(WarmIntent))]
internal sealed partial class WarmJson : JsonSerializerContext;
