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
