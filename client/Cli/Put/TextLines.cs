namespace Orleans.Kpl.Cli.Put;

/// <summary>Reads each line as a record, byte for byte; an empty line is a record without data.</summary>
/// <param name="nextKey">Makes the partition key of the next record.</param>
internal sealed class TextLines(Func<string> nextKey) : ILineFormat
{
    public ParsedLine Parse(ReadOnlySpan<byte> line) => ParsedLine.Record(nextKey(), isJson: false);
}
