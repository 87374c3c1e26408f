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
        var run = new PutRun(host, status, file, arguments.CreateFormat(), target);
        if (file.IsKeyboard)
            status.WriteLine($"kpl: reading from the keyboard, a line a record; {InputFile.EndKey} ends");
        using (new InterruptNotice(host, status, () => run.UnderWay, () => PutSummary.OfEnded(run)))
        {
            // A bar would be drawn over what is typed.
            await using var bar = file.IsKeyboard ? null : new ProgressBar(status, host.Time, () => run.Read(file.Length));
            await run.RunAsync().ConfigureAwait(false);
        }

        return Tell(host, status, run, host.Time.GetElapsedTime(start).TotalSeconds, arguments.Json);
    }

    private static async Task<IBatchTarget> CreateTargetAsync(CliHost host, StatusLine status, CliSettings settings, string stream) =>
        settings.HasEndpoint
            ? await EmbeddedProducer.CreateTargetAsync(host, status, settings.ReadOptions(status), stream).ConfigureAwait(false)
            : new TierTarget(new TierConnection(settings.Tier, TierAccess.Of(host), host.Time), stream);

    private static int Tell(CliHost host, StatusLine status, PutRun run, double seconds, bool json)
    {
        var (delivered, failed, _, _) = run.Read(0);
        var isInterrupted = host.Stop.IsCancellationRequested;
        if (isInterrupted)
            status.WriteLine(PutSummary.OfInterrupted(run), Tone.Warning);
        if (run.Broken is null || delivered > 0)
            status.WriteLine(PutSummary.Of(run, seconds), failed > 0 ? Tone.Bad : isInterrupted ? Tone.Warning : Tone.Good);
        if (json)
            PutSummary.WriteJson(host, run, seconds);
        if (run.Broken is { } broken)
            throw isInterrupted ? broken.As(host.StopCode()) : broken;
        return isInterrupted ? host.StopCode() : failed == 0 ? ExitCode.Success : ExitCode.SomeFailed;
    }
}
