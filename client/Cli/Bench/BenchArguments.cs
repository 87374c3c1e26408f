using Orleans.Kpl.Cli.Batches;

namespace Orleans.Kpl.Cli.Bench;

/// <summary>The path that the records of a bench take.</summary>
internal enum BenchVia
{
    Embedded,
    Http,
    Cluster,
}

/// <summary>The arguments of <c>kpl bench</c>.</summary>
/// <param name="Stream">The stream's name or ARN; it must exist.</param>
/// <param name="Size">Bytes of data in each record.</param>
/// <param name="Via">The path that the records take.</param>
/// <param name="Json">Whether only the line of JSON is printed.</param>
/// <param name="Rate">Records a second, evenly in time; null for as fast as they are taken.</param>
/// <param name="WarmUp">Seconds from the first put that rates and latencies leave out.</param>
/// <param name="InFlight">The most bytes in flight, each record counted with 1 KiB at least.</param>
internal sealed record BenchArguments(
    string Stream, long Records, int Size, BenchVia Via, bool Json, long? Rate = null, int WarmUp = 0, long InFlight = InFlightWindow.Largest);
