using System.Globalization;

namespace Orleans.Kpl.Http.Serving;

/// <summary>What became of the records of a run.</summary>
/// <param name="Delivered">Records that Kinesis has.</param>
/// <param name="Failed">Records that ended with an error code.</param>
/// <param name="Backlog">Records that wait in the durable backlog.</param>
/// <param name="Elapsed">How long the drain took.</param>
/// <param name="WasCut">Records ended because the drain limit passed.</param>
internal sealed record DrainReport(long Delivered, long Failed, long Backlog, TimeSpan Elapsed, bool WasCut)
{
    /// <summary>The last line of standard output.</summary>
    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture, $"drained delivered={Delivered} failed={Failed} backlog={Backlog} seconds={Elapsed.TotalSeconds:0.000}");
}
