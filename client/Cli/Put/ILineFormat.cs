namespace Orleans.Kpl.Cli.Put;

/// <summary>Makes a record out of a line.</summary>
internal interface ILineFormat
{
    ParsedLine Parse(ReadOnlySpan<byte> line);
}
