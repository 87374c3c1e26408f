using System.Text.Json;
using System.Text.Json.Serialization;

namespace Orleans.Kpl.LocalKinesis.Front;

/// <summary>Durations are numbers of milliseconds.</summary>
internal sealed class MillisecondsConverter : JsonConverter<TimeSpan>
{
    public override TimeSpan Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        var milliseconds = reader.TokenType == JsonTokenType.Number
            ? reader.GetDouble() : throw new JsonException("A duration is a number of milliseconds.");
        return Math.Abs(milliseconds) <= TimeSpan.MaxValue.TotalMilliseconds / 2
            ? TimeSpan.FromMilliseconds(milliseconds) : throw new JsonException("The duration is too long.");
    }

    public override void Write(Utf8JsonWriter writer, TimeSpan value, JsonSerializerOptions options) =>
        writer.WriteNumberValue(value.TotalMilliseconds);
}
