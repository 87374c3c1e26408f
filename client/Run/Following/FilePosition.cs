using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Orleans.Kpl.Run.Following;

/// <summary>How far one file was delivered.</summary>
/// <param name="Path">Its path when it was last seen.</param>
/// <param name="Offset">The bytes from its start whose lines have all ended.</param>
/// <param name="Head">How it is known again.</param>
internal sealed record FilePosition(string Path, long Offset, FileHead Head);

/// <summary>
/// How a file is known again when its name has changed: its number in the file system where that is known, and its first bytes, because numbers are
/// used again.
/// </summary>
/// <param name="Inode">The number; 0 if unknown.</param>
/// <param name="Length">How many first bytes <paramref name="Hash"/> is of.</param>
/// <param name="Hash">The SHA-256 of the first bytes, in hexadecimal digits.</param>
internal sealed record FileHead(long Inode, int Length, string Hash)
{
    /// <summary>The most bytes that a file is known by.</summary>
    public const int MostBytes = 1024;

    /// <summary>Makes the head of a file from its first bytes.</summary>
    public static FileHead Of(long inode, ReadOnlySpan<byte> firstBytes)
    {
        var bytes = firstBytes[..Math.Min(firstBytes.Length, MostBytes)];
        return new FileHead(inode, bytes.Length, Convert.ToHexStringLower(SHA256.HashData(bytes)));
    }

    /// <summary>Whether a file may be this one, which has grown since: it has the number, and begins with the bytes.</summary>
    /// <param name="inode">The number of that file; 0 if unknown.</param>
    /// <param name="firstBytes">Its first bytes, at least <see cref="MostBytes"/> where it has as many.</param>
    public bool Is(long inode, ReadOnlySpan<byte> firstBytes) =>
        (Inode == 0 || inode == 0 || Inode == inode)
        && (Length > 0 || Inode != 0)
        && firstBytes.Length >= Length
        && Of(inode, firstBytes[..Length]).Hash == Hash;
}

/// <summary>The text of a checkpoint's file: JSON with the position of each file.</summary>
internal static class CheckpointText
{
    private const int Version = 1;

    public static byte[] Write(IEnumerable<FilePosition> positions) =>
        JsonSerializer.SerializeToUtf8Bytes(new Checkpoint(Version, [.. positions]), CheckpointJson.Default.Checkpoint);

    /// <summary>Reads the positions back.</summary>
    /// <exception cref="FormatException">The text is something else, or of a newer version.</exception>
    public static IReadOnlyList<FilePosition> Read(ReadOnlySpan<byte> text)
    {
        try
        {
            return JsonSerializer.Deserialize(text, CheckpointJson.Default.Checkpoint) is not { } read ? throw new JsonException()
                : read.Version == Version ? read.Files
                : throw new FormatException($"it has version {read.Version}, and this program knows version {Version}");
        }
        catch (JsonException exception)
        {
            throw new FormatException("it is no checkpoint of kpl", exception);
        }
    }
}

/// <summary>What a checkpoint's file holds.</summary>
internal sealed record Checkpoint(int Version, IReadOnlyList<FilePosition> Files);

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, WriteIndented = true, RespectNullableAnnotations = true,
    RespectRequiredConstructorParameters = true)]
[JsonSerializable(typeof(Checkpoint))]
internal sealed partial class CheckpointJson : JsonSerializerContext;
