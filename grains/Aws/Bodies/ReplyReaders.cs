using System.Text.Json;
using Orleans.Kpl.Aws.Wire;
using Orleans.Kpl.Aws.Wire.Cbor;

namespace Orleans.Kpl.Aws.Bodies;

/// <summary>How the answer of one operation is read, in the dialect it comes in, which need not be the request's.</summary>
/// <param name="Json">Reads JSON; null where there is nothing in the answer.</param>
/// <param name="Cbor">Reads CBOR; null where no request is made in it.</param>
internal readonly record struct ReplyReaders<T>(ReplyReader<T>? Json, CborReplyReader<T>? Cbor = null)
{
    /// <exception cref="FormatException">It is no such answer; so are the other exceptions of the readers.</exception>
    public T Read(ReadOnlySpan<byte> body)
    {
        if (Json is null)
            return default!;
        if (Cbor is not null && CborReader.IsCbor(body))
        {
            var cbor = new CborReader(body);
            return Cbor(ref cbor);
        }

        var json = new Utf8JsonReader(body);
        json.Read();
        json.Expect(JsonTokenType.StartObject);
        return Json(ref json);
    }
}
