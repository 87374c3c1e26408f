using System.Buffers;
using System.Formats.Cbor;
using System.Text;

namespace Orleans.Kpl.Kinesis.Wire;

/// <summary>
/// Reads what .NET's reader of CBOR reads without a limit. It keeps 48 bytes for each list and map that is open, and 8 for each piece of a string, so that
/// a body of 16 MB could become more than a gigabyte before anybody had asked whose it is.
/// </summary>
internal static class CborParts
{
    /// <summary>How many lists and maps may be open at a time in a member that is passed over.</summary>
    public const int DeepestNesting = 16;

    private static readonly UTF8Encoding Text = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>Passes over a value, whatever it is.</summary>
    /// <exception cref="CborContentException">It is nested too deeply, or no CBOR.</exception>
    public static void Skip(CborReader cbor)
    {
        var open = 0;
        do
        {
            while (cbor.PeekState() == CborReaderState.Tag)
                cbor.ReadTag();
            open += PassOne(cbor);
            if (open > DeepestNesting)
                throw new CborContentException("nested too deeply");
        }
        while (open > 0);
    }

    /// <summary>Reads a text, also one in pieces. .NET's reader would put U+FFFD in the place of bytes that are no UTF-8.</summary>
    /// <exception cref="DecoderFallbackException">It is not UTF-8.</exception>
    public static string ReadText(CborReader cbor)
    {
        if (cbor.PeekState() != CborReaderState.StartIndefiniteLengthTextString)
            return Text.GetString(cbor.ReadDefiniteLengthTextStringBytes().Span);
        var text = new ArrayBufferWriter<byte>();
        cbor.ReadStartIndefiniteLengthTextString();
        while (cbor.PeekState() != CborReaderState.EndIndefiniteLengthTextString)
            text.Write(cbor.ReadDefiniteLengthTextStringBytes().Span);
        cbor.ReadEndIndefiniteLengthTextString();
        return Text.GetString(text.WrittenSpan);
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
