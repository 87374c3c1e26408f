using System.Globalization;
using Orleans.Kpl.Cli.Batches;
using Orleans.Kpl.Cli.Commands;
using Orleans.Kpl.Cli.Settings;
using Orleans.Kpl.Cli.Terminal;
using Orleans.Kpl.Cli.Tier;

namespace Orleans.Kpl.Cli.Put;

/// <summary>Runs one <c>kpl put</c> from its arguments to its summary and exit code.</summary>
internal static class PutVerb
{
    public static async Task<int> RunAsync(CliHost host, CliSettings settings, PutArguments arguments)
    {
        var status = new StatusLine(host);
        await using var file = InputFile.Open(host, arguments.File);
        await using var target = await CreateTargetAsync(host, status, settings, arguments.Stream).ConfigureAwait(false);

        var start = host.Time.GetTimestamp();
        var run = new PutRun(host, status, file.Stream, arguments.CreateFormat(), target);
        await using (new ProgressBar(status, host.Time, () => run.Read(file.Length)))
            await run.RunAsync().ConfigureAwait(false);

        Tell(host, status, run, host.Time.GetElapsedTime(start).TotalSeconds, arguments.Json);
        if (run.Broken is { } broken)
            throw broken;
        return run.Read(0).Failed == 0 ? ExitCode.Success : ExitCode.SomeFailed;
    }

    private static async Task<IBatchTarget> CreateTargetAsync(CliHost host, StatusLine status, CliSettings settings, string stream) =>
        settings.HasEndpoint
            ? await EmbeddedProducer.CreateTargetAsync(host, status, settings, stream).ConfigureAwait(false)
            : new TierTarget(new TierConnection(settings.Tier, host.Time, host.Stop), stream);

    private static void Tell(CliHost host, StatusLine status, PutRun run, double seconds, bool json)
    {
        var (delivered, failed, _, _) = run.Read(0);
        var records = delivered + run.Persisted + failed;
        var rate = seconds > 0 ? records / seconds : 0;
        var reasons = failed > 0 ? $" ({run.FailuresByCode})" : "";
        var held = run.Persisted > 0 ? string.Create(CultureInfo.InvariantCulture, $", {run.Persisted:N0} in the backlog, to be delivered from there") : "";
        if (run.Broken is null || delivered > 0)
            status.WriteLine(string.Create(CultureInfo.InvariantCulture, $"kpl: {records:N0} records: {delivered:N0} delivered{held}, {failed:N0} failed{reasons}, in {seconds:0.0} s ({rate:N0}/s)"));
        if (!json)
            return;

        host.WriteJson(writer =>
        {
            writer.WriteNumber("records"u8, records);
            writer.WriteNumber("delivered"u8, delivered);
            writer.WriteNumber("failed"u8, failed);
            if (run.Persisted > 0)
                writer.WriteNumber("persisted"u8, run.Persisted);
            writer.WriteNumber("seconds"u8, Math.Round(seconds, 3));
        });
    }
}
