using System.Buffers;
using System.Buffers.Text;

namespace Orleans.Kpl.Http.Reading;

/// <summary>Decodes base64 where it stands, in a body that is its request's own and is read once. So records need no memory beside the body.</summary>
internal static class Base64InPlace
{
    /// <summary>The bytes of a piece that is decoded at once.</summary>
    public const int ScratchBytes = 3 << 10;

    public static readonly SearchValues<byte> Characters =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/="u8);

    private const int PieceCharacters = ScratchBytes / 3 * 4;

    /// <summary>Decodes a text of <see cref="Characters"/> alone. .NET does that byte by byte, but into other memory many bytes at a time.</summary>
    /// <param name="text">The text; it begins with the data then. Where it is no base64, some of it is lost.</param>
    /// <param name="scratch">Memory to decode in, of <see cref="ScratchBytes"/> at least.</param>
    public static bool TryDecode(Span<byte> text, Span<byte> scratch, out int length)
    {
        length = 0;
        for (var at = 0; at < text.Length; at += PieceCharacters)
        {
            var rest = text[at..];
            var isLast = rest.Length <= PieceCharacters;
            var status = Base64.DecodeFromUtf8(isLast ? rest : rest[..PieceCharacters], scratch, out _, out var decoded, isLast);
            if (status != OperationStatus.Done)
                return false;
            scratch[..decoded].CopyTo(text[length..]);
            length += decoded;
        }

        return true;
    }

    /// <summary>Decodes a text that may have blanks, which .NET passes over.</summary>
    /// <inheritdoc cref="TryDecode"/>
    public static bool TryDecodeWithBlanks(Span<byte> text, Span<byte> scratch, out int length) =>
        text.ContainsAnyExcept(Characters) ? Base64.DecodeFromUtf8InPlace(text, out length) == OperationStatus.Done : TryDecode(text, scratch, out length);
}
