using Orleans.Kpl.Cli.Inspect;
using Orleans.Kpl.Glue;

namespace Orleans.Kpl.Cli.Schemas;

/// <summary>A user record that carries the header of AWS Glue's schema registry.</summary>
/// <param name="Data">The data without header and compression.</param>
internal readonly record struct FramedRecord(Guid VersionId, bool IsCompressed, ReadOnlyMemory<byte> Data)
{
    /// <summary>
    /// Reads the header. Any data may begin with its two bytes, so that the id must look as those of Glue do (RFC 9562, version and variant), and
    /// compressed data must be sound.
    /// </summary>
    public static bool TryRead(ReadOnlyMemory<byte> data, out FramedRecord framed)
    {
        framed = default;
        if (!GlueFrame.TryRead(data, out var frame) || frame.VersionId.Version is < 1 or > 8 || frame.VersionId.Variant is < 8 or > 11)
            return false;
        try
        {
            framed = new FramedRecord(frame.VersionId, frame.IsCompressed, frame.Unpack());
            return true;
        }
        catch (InvalidDataException)
        {
            return false;
        }
    }
}

/// <summary>Tells of schemas to people.</summary>
internal static class SchemaText
{
    /// <summary>Says which schema a version is of.</summary>
    public static string Of(Guid id, GlueSchemaVersion? version) => version?.SchemaName is { } name
        ? $"schema version {id} is version {version.Number} of '{name}' ({version.DataFormat})"
        : $"schema version {id}";

    /// <summary>Previews data; of framed data the id, the compression and what is inside.</summary>
    public static string PreviewOf(ReadOnlyMemory<byte> data)
    {
        if (!FramedRecord.TryRead(data, out var framed))
            return Preview.Of(data.Span);
        var compression = framed.IsCompressed ? ", zlib" : "";
        return $"Glue schema version {framed.VersionId}{compression}, {Preview.Bytes(framed.Data.Length)}: {Preview.Of(framed.Data.Span)}";
    }
}
