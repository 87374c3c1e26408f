using System.Buffers;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Orleans.Kpl.Run.Following;

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
