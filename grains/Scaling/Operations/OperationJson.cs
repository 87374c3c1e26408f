using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Orleans.Kpl.Scaling.Operations;

/// <summary>How operations are written, without reflection.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingDefault,
    Converters = [typeof(HashKeyConverter)])]
[JsonSerializable(typeof(ReshardOperation))]
internal sealed partial class OperationJson : JsonSerializerContext;

/// <summary>Hash keys as hexadecimal text: as JSON numbers most readers would round them.</summary>
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
