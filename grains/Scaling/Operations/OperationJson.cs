using System.Text.Json.Serialization;

namespace Orleans.Kpl.Scaling.Operations;

/// <summary>How operations are written, without reflection.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingDefault,
    Converters = [typeof(HashKeyConverter)])]
[JsonSerializable(typeof(ReshardOperation))]
internal sealed partial class OperationJson : JsonSerializerContext;
