namespace Orleans.Kpl.Cli.Put;

/// <summary>Each line is a record, byte for byte; an empty line is a record without data.</summary>
/// <param name="nextKey">The partition key of the next record.</param>
internal sealed class TextLines(Func<string> nextKey) : ILineFormat
{
    public ParsedLine Parse(ReadOnlySpan<byte> line) => ParsedLine.Record(nextKey(), isJson: false);
}
