using System.IO.Compression;
using System.Text.Json;
using System.Text.Json.Serialization;
using Orleans.Kpl.Administration;
using Orleans.Kpl.Pipeline.State;
using Orleans.Kpl.Scaling.Heat;

namespace Orleans.Kpl.Scaling.Running;

/// <summary>The sums of a stream's load as they are kept across restarts (<c>load</c> / stream): its picture, and the hours that its cost is made of.</summary>
/// <param name="Version">The version of this form.</param>
/// <param name="Until">When the shards were looked at last: all minutes before it are counted.</param>
internal sealed record KeptLoad(int Version, DateTimeOffset Until, KeptHeat Heat, IReadOnlyList<LoadSum> Hours)
{
    /// <summary>The row kind of the sums of all streams.</summary>
    public const string Kind = "load";

    /// <summary>The version that this library writes.</summary>
    public const int Current = 1;

    /// <summary>Returns the text of the row: JSON, compressed. Of all that there can be it is shorter than a row of DynamoDB may be, 400 KiB.</summary>
    public string ToText()
    {
        using var bytes = new MemoryStream();
        using (var packed = new BrotliStream(bytes, CompressionLevel.Optimal, leaveOpen: true))
            JsonSerializer.Serialize(packed, this, KeptJson.Default.KeptLoad);
        return Convert.ToBase64String(bytes.GetBuffer(), 0, (int)bytes.Length);
    }

    /// <exception cref="StateStoreException">The text is damaged, or has another version.</exception>
    public static KeptLoad FromText(string text)
    {
        try
        {
            using var packed = new BrotliStream(new MemoryStream(Convert.FromBase64String(text)), CompressionMode.Decompress);
            var kept = JsonSerializer.Deserialize(packed, KeptJson.Default.KeptLoad);
            return kept?.Version == Current
                ? kept
                : throw new StateStoreException($"the kept sums have version {kept?.Version}, and {Current} is expected: they begin anew");
        }
        catch (Exception e) when (e is FormatException or InvalidOperationException or InvalidDataException or JsonException)
        {
            throw new StateStoreException($"the kept sums are damaged: they begin anew ({e.Message})", e);
        }
    }
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingDefault,
    IgnoreReadOnlyProperties = true, Converters = [typeof(HashKeyText)])]
[JsonSerializable(typeof(KeptLoad))]
internal sealed partial class KeptJson : JsonSerializerContext;
