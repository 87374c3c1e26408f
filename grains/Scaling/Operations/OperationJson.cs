using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Orleans.Kpl.Scaling.Operations;

/// <summary>Serializes operations to JSON, without reflection.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingDefault,
    Converters = [typeof(HashKeyConverter)])]
[JsonSerializable(typeof(ReshardOperation))]
internal sealed partial class OperationJson : JsonSerializerContext;

/// <summary>Writes hash keys as hexadecimal text: most readers would round them as JSON numbers.</summary>
internal sealed class HashKeyConverter : JsonConverter<UInt128>
{
    public override UInt128 Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        reader.TokenType == JsonTokenType.String
            && UInt128.TryParse(reader.GetString(), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var key)
            ? key
            : throw new JsonException("A hash key in hexadecimal is expected.");

    public override void Write(Utf8JsonWriter writer, UInt128 value, JsonSerializerOptions options) =>
        writer.WriteStringValue(value.ToString("x", CultureInfo.InvariantCulture));
}
