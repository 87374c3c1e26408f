using System.Buffers;
using System.Formats.Cbor;
using System.Text;

namespace Orleans.Kpl.Aws.Wire.Cbor;

/// <summary>
/// Reads requests and answers by .NET's reader of CBOR, within limits that it has not. It keeps 48 bytes for each list and map that is open, and 8 for
/// each piece of a string, so that a body of 16 MB could become more than a gigabyte before anybody had asked whose it is.
/// </summary>
internal static class CborParts
{
    /// <summary>How many lists and maps may be open at a time in a member that is passed over.</summary>
    public const int DeepestNesting = 16;

    private static readonly UTF8Encoding Text = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>
    /// Whether an answer is CBOR rather than text: it begins with a map, or with a tag before a map. The first byte is more reliable than the
    /// media type from a proxy, and no text begins with such a byte.
    /// </summary>
    public static bool IsCbor(ReadOnlySpan<byte> body) => !body.IsEmpty && body[0] >> 5 is CborHead.Map or CborHead.Tag;

    /// <summary>Enters a map, whatever tags it has.</summary>
    public static void ReadStartMap(CborReader cbor)
    {
        SkipTags(cbor);
        cbor.ReadStartMap();
    }

    /// <summary>Moves to the name of the next member, in UTF-8; false at the end of the map. A name that is no text is passed over, and empty.</summary>
    public static bool NextMember(CborReader cbor, out ReadOnlySpan<byte> name)
    {
        name = default;
        if (cbor.PeekState() == CborReaderState.EndMap)
        {
            cbor.ReadEndMap();
            return false;
        }

        SkipTags(cbor);
        if (cbor.PeekState() is CborReaderState.TextString or CborReaderState.StartIndefiniteLengthTextString)
            name = ReadTextBytes(cbor).Span;
        else
            Skip(cbor);
        return true;
    }

    /// <summary>Passes over a value, whatever it is.</summary>
    /// <exception cref="CborContentException">It is nested too deeply, or no CBOR.</exception>
    public static void Skip(CborReader cbor)
    {
        var open = 0;
        do
        {
            SkipTags(cbor);
            open += PassOne(cbor);
            if (open > DeepestNesting)
                throw new CborContentException("nested too deeply");
        }
        while (open > 0);
    }

    /// <summary>Reads a text, also one in pieces. .NET's reader would put U+FFFD in the place of bytes that are no UTF-8.</summary>
    /// <exception cref="DecoderFallbackException">It is not UTF-8.</exception>
    public static string ReadText(CborReader cbor) => Text.GetString(ReadTextBytes(cbor).Span);

    /// <summary>Reads the UTF-8 of a text that may be absent; false for null.</summary>
    public static bool TryReadText(CborReader cbor, out ReadOnlyMemory<byte> utf8)
    {
        utf8 = default;
        if (IsNull(cbor))
            return false;
        utf8 = ReadTextBytes(cbor);
        return true;
    }

    /// <summary>Reads a text; null where there is none.</summary>
    /// <exception cref="DecoderFallbackException">It is not UTF-8.</exception>
    public static string? ReadTextOrNull(CborReader cbor) => IsNull(cbor) ? null : ReadText(cbor);

    /// <summary>Whether no value is there, null or undefined; it is passed over then.</summary>
    public static bool IsNull(CborReader cbor)
    {
        SkipTags(cbor);
        switch (cbor.PeekState())
        {
            case CborReaderState.Null:
                cbor.ReadNull();
                return true;
            case CborReaderState.SimpleValue:
                if (cbor.ReadSimpleValue() != CborSimpleValue.Undefined)
                    throw new CborContentException("a simple value that stands for nothing");
                return true;
            default:
                return false;
        }
    }

    private static ReadOnlyMemory<byte> ReadTextBytes(CborReader cbor)
    {
        if (cbor.PeekState() != CborReaderState.StartIndefiniteLengthTextString)
            return cbor.ReadDefiniteLengthTextStringBytes();
        var text = new ArrayBufferWriter<byte>();
        cbor.ReadStartIndefiniteLengthTextString();
        while (cbor.PeekState() != CborReaderState.EndIndefiniteLengthTextString)
            text.Write(cbor.ReadDefiniteLengthTextStringBytes().Span);
        cbor.ReadEndIndefiniteLengthTextString();
        return text.WrittenMemory;
    }

    /// <summary>Reads bytes where they lie; those in pieces are copied together.</summary>
    public static ReadOnlyMemory<byte> ReadBytes(CborReader cbor)
    {
        if (cbor.PeekState() != CborReaderState.StartIndefiniteLengthByteString)
            return cbor.ReadDefiniteLengthByteString();
        var bytes = new ArrayBufferWriter<byte>();
        cbor.ReadStartIndefiniteLengthByteString();
        while (cbor.PeekState() != CborReaderState.EndIndefiniteLengthByteString)
            bytes.Write(cbor.ReadDefiniteLengthByteString().Span);
        cbor.ReadEndIndefiniteLengthByteString();
        return bytes.WrittenMemory;
    }

    public static void SkipTags(CborReader cbor)
    {
        while (cbor.PeekState() == CborReaderState.Tag)
            cbor.ReadTag();
    }

    /// <summary>Passes over what comes next, and returns by how much more is open then.</summary>
    private static int PassOne(CborReader cbor)
    {
        switch (cbor.PeekState())
        {
            case CborReaderState.StartArray:
                cbor.ReadStartArray();
                return 1;
            case CborReaderState.StartMap:
                cbor.ReadStartMap();
                return 1;
            case CborReaderState.EndArray:
                cbor.ReadEndArray();
                return -1;
            case CborReaderState.EndMap:
                cbor.ReadEndMap();
                return -1;
            default:
                cbor.SkipValue();
                return 0;
        }
    }
}
