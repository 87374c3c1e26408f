using Orleans.Kpl.Aws.Wire;

namespace Orleans.Kpl.Kinesis.Wire;

/// <summary>The format of a request, which its answer has too.</summary>
/// <param name="Format">JSON or CBOR.</param>
internal readonly record struct FrontFormat(WireFormat Format, string MediaType)
{
    private const string PlainJson = "application/json";

    /// <summary>The format of answers to requests that have none.</summary>
    public static FrontFormat Json { get; } = new(WireFormat.Json, MediaTypes.Json);

    private static FrontFormat Cbor { get; } = new(WireFormat.Cbor, MediaTypes.Cbor);

    /// <summary>Reads a Content-Type; null where Kinesis has no such format.</summary>
    public static FrontFormat? Of(string? contentType)
    {
        var end = contentType?.AsSpan().IndexOf(';') ?? -1;
        var media = (end < 0 ? contentType : contentType.AsSpan(0, end)).Trim();
        return Is(media, MediaTypes.Json) ? Json
            : Is(media, MediaTypes.Cbor) ? Cbor
            : Is(media, PlainJson) ? new FrontFormat(WireFormat.Json, PlainJson)
            : null;
    }

    private static bool Is(ReadOnlySpan<char> media, string name) => media.Equals(name, StringComparison.OrdinalIgnoreCase);
}
