namespace Orleans.Kpl.Cli.Bench;

/// <summary>Which way the records of a bench go.</summary>
internal enum BenchVia
{
    Embedded,
    Http,
    Cluster,
}

/// <summary>What <c>kpl bench</c> was asked to do.</summary>
/// <param name="Stream">The stream's name or ARN; it must exist.</param>
/// <param name="Records">How many records.</param>
/// <param name="Size">Bytes of data of each.</param>
/// <param name="Via">Which way they go.</param>
/// <param name="Json">Whether only the line of JSON is wanted.</param>
internal sealed record BenchArguments(string Stream, long Records, int Size, BenchVia Via, bool Json);
