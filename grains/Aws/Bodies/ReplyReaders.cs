using System.Formats.Cbor;
using System.Text.Json;
using Orleans.Kpl.Aws.Wire;
using Orleans.Kpl.Aws.Wire.Cbor;

namespace Orleans.Kpl.Aws.Bodies;

/// <summary>Reads the answer of one operation in the format it comes in, which need not be the request's.</summary>
/// <param name="Json">Reads JSON; null for an operation whose answer is empty.</param>
/// <param name="Cbor">Reads CBOR; null for an operation that is never requested in CBOR.</param>
/// <param name="Whole">Reads a body of JSON, and takes its buffer; null for an operation whose answer is let go when it was read.</param>
internal readonly record struct ReplyReaders<T>(
    ReplyReader<T>? Json, Func<CborReader, T>? Cbor = null, Func<Memory<byte>, Func<IDisposable>, T>? Whole = null)
{
    /// <exception cref="FormatException">The body is no such answer; the other exceptions of the readers mean the same.</exception>
    public T Read(ReadOnlyMemory<byte> body)
    {
        if (Json is null)
            return default!;
        if (Cbor is not null && CborParts.IsCbor(body.Span))
            return Cbor(new CborReader(body, CborConformanceMode.Lax));

        var json = new Utf8JsonReader(body.Span);
        json.Read();
        json.Expect(JsonTokenType.StartObject);
        return Json(ref json);
    }
}
