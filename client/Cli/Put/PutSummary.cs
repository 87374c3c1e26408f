using System.Globalization;
using Orleans.Kpl.Cli.Terminal;
using Orleans.Kpl.Texts;

namespace Orleans.Kpl.Cli.Put;

/// <summary>What <c>kpl put</c> says at its end, for people and for programs.</summary>
internal static class PutSummary
{
    /// <summary>Says how much of the input was put before Ctrl-C or SIGTERM.</summary>
    public static string OfInterrupted(PutRun run)
    {
        var (isWhole, isInsideLine) = run.End;
        var lines = Quantity.Of(run.Lines, "line") + (isWhole ? ", the whole input" : "");
        return string.Create(
            CultureInfo.InvariantCulture,
            $"kpl: interrupted after {lines}; {run.Read(0).Delivered:N0} delivered{(isInsideLine ? "; a line without its end was not put" : "")}");
    }

    /// <summary>Says what a second Ctrl-C leaves undelivered.</summary>
    public static string OfEnded(PutRun run) => string.Create(
        CultureInfo.InvariantCulture,
        $"kpl: interrupted twice after {Quantity.Of(run.Lines, "line")}; {run.Read(0).Delivered:N0} delivered, {run.UnderWay:N0} undelivered, of which some may still arrive");

    public static string Of(PutRun run, double seconds)
    {
        var (delivered, failed, _, _) = run.Read(0);
        var records = delivered + run.Persisted + failed;
        var rate = seconds > 0 ? records / seconds : 0;
        var reasons = failed > 0 ? $" ({run.FailuresByCode})" : "";
        var held = run.Persisted > 0 ? string.Create(CultureInfo.InvariantCulture, $", {run.Persisted:N0} in the backlog, to be delivered from there") : "";
        return string.Create(
            CultureInfo.InvariantCulture,
            $"kpl: {Quantity.Of(records, "record")}: {delivered:N0} delivered{held}, {failed:N0} failed{reasons}, in {seconds:0.0} s ({rate:N0}/s)");
    }

    public static void WriteJson(CliHost host, PutRun run, double seconds) => host.WriteJson(writer =>
    {
        var (delivered, failed, _, _) = run.Read(0);
        writer.WriteNumber("records"u8, delivered + run.Persisted + failed);
        writer.WriteNumber("delivered"u8, delivered);
        writer.WriteNumber("failed"u8, failed);
        if (run.Persisted > 0)
            writer.WriteNumber("persisted"u8, run.Persisted);
        writer.WriteNumber("seconds"u8, Math.Round(seconds, 3));
    });
}
