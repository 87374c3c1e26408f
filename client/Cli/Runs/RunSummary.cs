using System.Globalization;
using Orleans.Kpl.Cli.Terminal;
using Orleans.Kpl.Run.Model;
using Orleans.Kpl.Texts;

namespace Orleans.Kpl.Cli.Runs;

/// <summary>What <c>kpl run</c> says at its end, for people and for programs.</summary>
internal static class RunSummary
{
    public static string NameOf(RunOutput output) =>
        $"{(output is TierOutput ? "tier" : "aws_kinesis")}, {(output.Stream is { } stream ? $"stream {stream}" : $"streams of field {output.StreamField!.Text}")}";

    /// <summary>Says what a second Ctrl-C leaves undelivered.</summary>
    public static string OfEnded(RunTally tally) => string.Create(
        CultureInfo.InvariantCulture,
        $"kpl: interrupted twice after {Quantity.Of(tally.Taken, "record")}; {tally.Delivered:N0} delivered, {tally.UnderWay:N0} undelivered, of which some may still arrive");

    public static string Of(RunTally tally, string? fallback, double seconds)
    {
        var records = tally.Delivered + tally.Persisted + tally.Failed;
        var rate = seconds > 0 ? records / seconds : 0;
        var reasons = tally.Failed > 0 ? $" ({tally.FailuresByCode})" : "";
        var kept = tally.Kept > 0 ? string.Create(CultureInfo.InvariantCulture, $", {tally.Kept:N0} of them in {fallback}") : "";
        var held = tally.Persisted > 0 ? string.Create(CultureInfo.InvariantCulture, $", {tally.Persisted:N0} in the backlog, to be delivered from there") : "";
        return string.Create(
            CultureInfo.InvariantCulture,
            $"kpl: {Quantity.Of(records, "record")}: {tally.Delivered:N0} delivered{held}, {tally.Failed:N0} failed{reasons}{kept}, in {seconds:0.0} s ({rate:N0}/s)");
    }

    public static void WriteJson(CliHost host, RunTally tally, double seconds) => host.WriteJson(writer =>
    {
        writer.WriteNumber("records"u8, tally.Delivered + tally.Persisted + tally.Failed);
        writer.WriteNumber("delivered"u8, tally.Delivered);
        writer.WriteNumber("failed"u8, tally.Failed);
        if (tally.Kept > 0)
            writer.WriteNumber("kept"u8, tally.Kept);
        if (tally.Persisted > 0)
            writer.WriteNumber("persisted"u8, tally.Persisted);
        writer.WriteNumber("seconds"u8, Math.Round(seconds, 3));
    });
}
