using System.Globalization;
using Orleans.Kpl.Cli.Inspect;
using Orleans.Kpl.Glue;

namespace Orleans.Kpl.Cli.Schemas;

/// <summary>Tells of schemas to people.</summary>
internal static class SchemaText
{
    /// <summary>Says which schema a version is of.</summary>
    public static string Of(Guid id, GlueSchemaVersion? version) => version?.SchemaName is { } name
        ? string.Create(CultureInfo.InvariantCulture, $"schema version {id} is version {version.Number} of '{name}' ({version.DataFormat})")
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
