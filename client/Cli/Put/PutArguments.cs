namespace Orleans.Kpl.Cli.Put;

/// <summary>The arguments of <c>kpl put</c>.</summary>
/// <param name="File">The file; null for standard input.</param>
/// <param name="IsNdjson">Whether each line is a JSON text.</param>
/// <param name="KeyField">The field that holds the partition key.</param>
/// <param name="Key">The partition key of all records.</param>
/// <param name="Stream">The stream's name or ARN.</param>
/// <param name="Json">Whether the summary goes to standard output as well.</param>
internal sealed record PutArguments(string? File, bool IsNdjson, string? KeyField, string? Key, string Stream, bool Json)
{
    public ILineFormat CreateFormat()
    {
        Func<string> nextKey = Key is { } key ? () => key : Batches.RandomKeys.Next;
        return IsNdjson ? new JsonLines(nextKey, KeyField) : new TextLines(nextKey);
    }
}
