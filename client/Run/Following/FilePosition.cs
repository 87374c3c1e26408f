using System.Buffers;
using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Orleans.Kpl.Run.Following;

/// <summary>How far one file was delivered.</summary>
/// <param name="Path">Its path when it was last seen.</param>
/// <param name="Head">How it is known again.</param>
/// <param name="Offset">The bytes from its start whose lines have all ended.</param>
internal sealed record FilePosition(string Path, FileHead Head, long Offset);

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

    private static readonly JsonWriterOptions Options = new() { Indented = true };

    public static byte[] Write(IEnumerable<FilePosition> positions)
    {
        var text = new ArrayBufferWriter<byte>();
        using var json = new Utf8JsonWriter(text, Options);
        json.WriteStartObject();
        json.WriteNumber("version"u8, Version);
        json.WriteStartArray("files"u8);
        foreach (var position in positions)
        {
            json.WriteStartObject();
            json.WriteString("path"u8, position.Path);
            json.WriteNumber("offset"u8, position.Offset);
            json.WriteNumber("inode"u8, position.Head.Inode);
            json.WriteNumber("head_length"u8, position.Head.Length);
            json.WriteString("head"u8, position.Head.Hash);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
        json.Flush();
        return text.WrittenSpan.ToArray();
    }

    /// <summary>Reads the positions back.</summary>
    /// <exception cref="FormatException">The text is something else, or of a newer version.</exception>
    public static IReadOnlyList<FilePosition> Read(ReadOnlySpan<byte> text)
    {
        try
        {
            var root = JsonNode.Parse(text)!.AsObject();
            var version = (int)root["version"]!;
            if (version != Version)
                throw new FormatException($"it has version {version}, and this program knows version {Version}");
            return [.. root["files"]!.AsArray().Select(static file => new FilePosition(
                (string)file!["path"]!, new FileHead((long)file["inode"]!, (int)file["head_length"]!, (string)file["head"]!), (long)file["offset"]!))];
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException or NullReferenceException or ArgumentException)
        {
            throw new FormatException("it is no checkpoint of kpl", exception);
        }
    }
}
