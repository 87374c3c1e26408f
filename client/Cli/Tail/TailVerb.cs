using System.Globalization;
using Orleans.Kpl.Cli.Commands;
using Orleans.Kpl.Cli.Schemas;
using Orleans.Kpl.Cli.Settings;
using Orleans.Kpl.Cli.Terminal;
using Orleans.Kpl.Texts;

namespace Orleans.Kpl.Cli.Tail;

/// <summary>Runs one <c>kpl tail</c> from its arguments to its summary and exit code.</summary>
internal static class TailVerb
{
    public static async Task<int> RunAsync(CliHost host, CliSettings settings, TailStart start, string stream, bool follow, bool json, bool raw)
    {
        var status = new StatusLine(host);
        var options = await KinesisPlaceFinder.ReadOptionsAsync(host, settings, status).ConfigureAwait(false);
        using var source = KinesisConnection.Create(host, options, stream);
        await source.CheckAsync(host.Stop).ConfigureAwait(false);

        using var names = raw ? null : SchemaNames.Create(host, options, status);
        using var output = new TailOutput(host.Output, status, json, names, host.OutputIsTerminal);
        var run = new TailRun(source, new TailFailures(status, host.Time, stream, source.Endpoint.ToString()), output, host.Time,
            () => status.WriteLine($"kpl: '{stream}' is read to its tip; waiting for new records, Ctrl-C ends"));
        var begin = host.Time.GetTimestamp();
        bool isComplete;
        try
        {
            await using var bar = CreateBar(host, status, output);
            isComplete = await run.RunAsync(start, follow, host.Stop).ConfigureAwait(false);
        }
        finally
        {
            Tell(status, run, output, host.Time.GetElapsedTime(begin).TotalSeconds);
        }

        // An interrupt is how following ends. Else records are left that were asked for.
        if (isComplete || follow || output.Closed.IsCancellationRequested)
            return ExitCode.Success;
        status.WriteLine("kpl: interrupted before the tip of the stream", Tone.Warning);
        return host.StopCode();
    }

    /// <summary>Creates the progress bar; null if the lines go to the terminal, because no bar is drawn between them.</summary>
    private static ProgressBar? CreateBar(CliHost host, StatusLine status, TailOutput output) =>
        host.OutputIsTerminal ? null : new ProgressBar(status, host.Time, () => new ProgressReading(output.Records, 0, 0, 0));

    private static void Tell(StatusLine status, TailRun run, TailOutput output, double seconds)
    {
        var rate = seconds > 0 ? output.Records / seconds : 0;
        var damaged = output.Damaged > 0 ? string.Create(CultureInfo.InvariantCulture, $", {output.Damaged:N0} damaged aggregates taken for plain data") : "";
        var closed = output.Closed.IsCancellationRequested ? "; the output was closed" : "";
        status.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"kpl: {Quantity.Of(output.Records, "record")} from {Quantity.Of(run.Shards, "shard")}{damaged}, in {seconds:0.0} s ({rate:N0}/s){closed}"));
    }
}
