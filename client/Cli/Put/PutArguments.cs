namespace Orleans.Kpl.Cli.Put;

/// <summary>How the lines are read.</summary>
internal enum PutFormat
{
    Lines,
    Ndjson,
}

/// <summary>What <c>kpl put</c> was asked to do.</summary>
/// <param name="File">The file; null for standard input.</param>
/// <param name="Format">How lines become records.</param>
/// <param name="KeyField">The field that holds the partition key.</param>
/// <param name="Key">The partition key of all records.</param>
/// <param name="Stream">The stream's name or ARN.</param>
/// <param name="Json">Whether the summary goes to standard output as well.</param>
internal sealed record PutArguments(string? File, PutFormat Format, string? KeyField, string? Key, string Stream, bool Json)
{
    public ILineFormat CreateFormat()
    {
        Func<string> nextKey = Key is { } key ? () => key : Batches.RandomKeys.Next;
        return Format is PutFormat.Ndjson ? new JsonLines(nextKey, KeyField) : new TextLines(nextKey);
    }
}
