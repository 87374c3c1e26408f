using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using Orleans.Kpl.Conditions;

namespace Orleans.Kpl.Administration;

/// <summary>The JSON of everything about shards and the backlog: over HTTP, between silos, and in stored rows. Members are only ever added.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    UseStringEnumConverter = true,
    DefaultIgnoreCondition = JsonIgnoreCondition.Never,
    Converters = [typeof(HashKeyText)])]
[JsonSerializable(typeof(StreamOverview))]
[JsonSerializable(typeof(ShardStatus))]
[JsonSerializable(typeof(ShardPlan))]
[JsonSerializable(typeof(StartedOperation))]
[JsonSerializable(typeof(StreamOperation))]
[JsonSerializable(typeof(ScalingOptions))]
[JsonSerializable(typeof(StreamCapacity))]
[JsonSerializable(typeof(CapacityChange))]
[JsonSerializable(typeof(CapacityPlan))]
[JsonSerializable(typeof(StreamLoad))]
[JsonSerializable(typeof(StreamHeat))]
[JsonSerializable(typeof(LastNumbers))]
[JsonSerializable(typeof(BacklogStatus))]
[JsonSerializable(typeof(StreamLedger))]
[JsonSerializable(typeof(StreamBooks))]
[JsonSerializable(typeof(DeadLetterPage))]
[JsonSerializable(typeof(DeadLetterEntry))]
[JsonSerializable(typeof(RecordExplanation))]
[JsonSerializable(typeof(FailedRecord))]
[JsonSerializable(typeof(FailedRecordPage))]
[JsonSerializable(typeof(ProcessReport))]
[JsonSerializable(typeof(TierCondition))]
internal sealed partial class AdminJson : JsonSerializerContext
{
    /// <exception cref="JsonException">The text is not JSON of this type.</exception>
    public static T Read<T>(string text, JsonTypeInfo<T> type) =>
        JsonSerializer.Deserialize(text, type) ?? throw new JsonException($"A {typeof(T).Name} is expected, and null was found.");
}

/// <summary>Writes durations as a number of seconds.</summary>
internal sealed class SecondsConverter : JsonConverter<TimeSpan>
{
    public override TimeSpan Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        reader.TokenType == JsonTokenType.Number && reader.TryGetDouble(out var seconds) && Math.Abs(seconds) < TimeSpan.MaxValue.TotalSeconds / 2
            ? TimeSpan.FromSeconds(seconds)
            : throw new JsonException("A number of seconds is expected.");

    public override void Write(Utf8JsonWriter writer, TimeSpan value, JsonSerializerOptions options) => writer.WriteNumberValue(value.TotalSeconds);
}

/// <summary>Writes hash keys as decimal text, as Kinesis does: most readers would round JSON numbers of that size.</summary>
internal sealed class HashKeyText : JsonConverter<UInt128>
{
    public override UInt128 Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        reader.TokenType == JsonTokenType.String && UInt128.TryParse(reader.GetString(), NumberStyles.None, CultureInfo.InvariantCulture, out var key)
            ? key
            : throw new JsonException("A decimal hash key in a string is expected.");

    public override void Write(Utf8JsonWriter writer, UInt128 value, JsonSerializerOptions options) =>
        writer.WriteStringValue(value.ToString(CultureInfo.InvariantCulture));
}
