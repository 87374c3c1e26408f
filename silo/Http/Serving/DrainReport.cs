using System.Globalization;

namespace Orleans.Kpl.Http.Serving;

/// <summary>The outcomes of a run's records.</summary>
/// <param name="Delivered">Records that were delivered to Kinesis.</param>
/// <param name="Failed">Records that ended with an error code.</param>
/// <param name="Backlog">Records that wait in the durable backlog.</param>
/// <param name="Elapsed">How long the drain took.</param>
/// <param name="WasCut">Whether records were ended because the drain limit passed.</param>
internal sealed record DrainReport(long Delivered, long Failed, long Backlog, TimeSpan Elapsed, bool WasCut)
{
    /// <summary>The last line of standard output.</summary>
    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture, $"drained delivered={Delivered} failed={Failed} backlog={Backlog} seconds={Elapsed.TotalSeconds:0.000}");
}
