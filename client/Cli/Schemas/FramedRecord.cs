using Orleans.Kpl.Glue;

namespace Orleans.Kpl.Cli.Schemas;

/// <summary>A user record that carries the header of AWS Glue's schema registry.</summary>
/// <param name="VersionId">The id of the schema version.</param>
/// <param name="IsCompressed">Whether its data is compressed.</param>
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
