using Orleans.Kpl.Cli.Commands;
using Orleans.Kpl.Cli.Runs.Inputs;
using Orleans.Kpl.Cli.Settings;
using Orleans.Kpl.Cli.Terminal;
using Orleans.Kpl.Run.Model;
using Orleans.Kpl.Run.Reading;
using Orleans.Kpl.Run.Yaml;
using Orleans.Kpl.Texts;

namespace Orleans.Kpl.Cli.Runs;

/// <summary>Runs one <c>kpl run</c> from its file to its summary and exit code.</summary>
internal static class RunVerb
{
    public static async Task<int> RunAsync(CliHost host, CliSettings settings, RunArguments arguments)
    {
        var status = new StatusLine(host);
        var file = Read(host, status, arguments.File);
        if (arguments.IsCheck)
            return Check(host, status, settings, arguments.File, file);

        var start = host.Time.GetTimestamp();
        var tally = new RunTally(status);
        await using var targets = await RunTargets.OpenAsync(host, status, settings, file).ConfigureAwait(false);
        await using var sink = new RunSink(host, status, file, targets, tally);
        await using var input = Open(host, status, sink, file.Input);
        using (new InterruptNotice(host, status, () => tally.UnderWay, () => RunSummary.OfEnded(tally)))
        {
            await using var bar = host.InputIsTerminal && file.Input is StandardInputSettings
                ? null
                : new ProgressBar(status, host.Time, () => new ProgressReading(tally.Delivered, tally.Failed, 0, 0));
            try
            {
                await input.ReadAsync().ConfigureAwait(false);
            }
            finally
            {
                await sink.DrainAsync().ConfigureAwait(false);
                await input.CompleteAsync().ConfigureAwait(false);
            }
        }

        return Tell(host, status, file, sink, input, tally, host.Time.GetElapsedTime(start).TotalSeconds, arguments.Json);
    }

    private static RunFile Read(CliHost host, StatusLine status, string path)
    {
        string text;
        try
        {
            text = File.ReadAllText(host.PathOf(path));
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw CliException.BadArguments($"{path}: {FileFault.Describe(exception, host.PathOf(path))}");
        }

        var findings = new RunFindings(path);
        var file = RunFileReader.Read(text, name => host.Environment.GetValueOrDefault(name), findings);
        foreach (var warning in findings.Warnings)
            status.WriteLine($"kpl: {warning}", Tone.Warning);
        return file ?? throw CliException.BadArguments(findings.Errors);
    }

    private static int Check(CliHost host, StatusLine status, CliSettings settings, string path, RunFile file)
    {
        if (file.Output is KinesisOutput kinesis)
            RunOptions.Read(settings, status, kinesis);
        else
            _ = Tier.TierAccess.Of(host);
        host.Write($"{path}: {string.Join(" -> ", [file.Input.Name, .. file.Processors.Select(static step => step.Name), RunSummary.NameOf(file.Output)])}\n");
        return ExitCode.Success;
    }

    private static IRunInput Open(CliHost host, StatusLine status, RunSink sink, RunInput input) => input switch
    {
        FileInputSettings file => new FileInput(host, status, sink, file),
        HttpInputSettings http => new HttpInput(host, status, sink, http),
        TcpInputSettings tcp => new TcpInput(host, status, sink, tcp),
        _ => new LineInput(host, sink),
    };

    private static int Tell(
        CliHost host, StatusLine status, RunFile file, RunSink sink, IRunInput input, RunTally tally, double seconds, bool json)
    {
        var isInterrupted = host.Stop.IsCancellationRequested && !input.IsEndless;
        if (sink.WithoutKeyField > 0)
            status.WriteLine($"kpl: {Quantity.Of(sink.WithoutKeyField, "record")} had no field of partition_key, and got a random key each", Tone.Warning);
        if (isInterrupted)
            status.WriteLine($"kpl: interrupted after {Quantity.Of(tally.Taken, "record")}; the rest of the input was not read", Tone.Warning);
        if (sink.Broken is null || tally.Delivered > 0)
            status.WriteLine(RunSummary.Of(tally, file.Output.Fallback, seconds), tally.Failed > 0 ? Tone.Bad : isInterrupted ? Tone.Warning : Tone.Good);
        if (json)
            RunSummary.WriteJson(host, tally, seconds);
        if (sink.Broken is { } broken)
            throw isInterrupted ? broken.As(host.StopCode()) : broken;
        return isInterrupted ? host.StopCode() : tally.Failed == 0 ? ExitCode.Success : ExitCode.SomeFailed;
    }
}
