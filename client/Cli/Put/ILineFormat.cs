namespace Orleans.Kpl.Cli.Put;

/// <summary>Makes a record from a line.</summary>
internal interface ILineFormat
{
    ParsedLine Parse(ReadOnlySpan<byte> line);
}
