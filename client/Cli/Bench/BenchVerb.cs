using System.Diagnostics;
using Orleans.Kpl.Cli.Batches;
using Orleans.Kpl.Cli.Commands;
using Orleans.Kpl.Cli.Settings;
using Orleans.Kpl.Cli.Terminal;
using Orleans.Kpl.Cli.Tier;

namespace Orleans.Kpl.Cli.Bench;

/// <summary>Runs one <c>kpl bench</c>: puts the requested number of records as fast as the stream takes them and observes every outcome.</summary>
internal static class BenchVerb
{
    public static async Task<int> RunAsync(CliHost host, CliSettings settings, BenchArguments arguments)
    {
        if (arguments.Via is BenchVia.Cluster)
            return await ClusterProgram.RunAsync(host, arguments).ConfigureAwait(false);
        var status = new StatusLine(host);
        await using var target = await CreateTargetAsync(host, status, settings, arguments).ConfigureAwait(false);
        return await RunAsync(host, status, target, arguments).ConfigureAwait(false);
    }

    /// <summary>Runs the bench against a target that is known to be reachable.</summary>
    public static async Task<int> RunAsync(CliHost host, StatusLine status, IBatchTarget target, BenchArguments arguments)
    {
        var failures = new FailurePrinter(status);
        var tally = new BenchTally(host.Time, failures);
        var sender = new BatchSender(target, new InFlightWindow(host.Time), host.Time, tally.Count);
        var load = new BenchLoad(arguments.Size, arguments.Via is BenchVia.Http);

        var cpu = CpuTime();
        var start = host.Time.GetTimestamp();
        long sent;
        await using (new ProgressBar(status, host.Time, () => new(tally.Delivered, failures.Count, tally.Delivered + failures.Count, arguments.Records)))
        {
            sent = await SendAsync(host, sender, load, arguments.Records).ConfigureAwait(false);
            await sender.DrainAsync().ConfigureAwait(false);
        }

        var result = new BenchResult(
            arguments.Via, sent, failures.Count, host.Time.GetElapsedTime(start).TotalSeconds, (CpuTime() - cpu).TotalSeconds, arguments.Size, tally);
        if (sender.Broken is { } broken)
            throw broken;
        result.Write(host);
        if (!arguments.Json)
            status.WriteLine(result.ToText());
        if (failures.Count > 0)
            status.WriteLine($"kpl: failed: {failures.ByCode()}");
        return failures.Count == 0 ? ExitCode.Success : ExitCode.SomeFailed;
    }

    private static async Task<IBatchTarget> CreateTargetAsync(CliHost host, StatusLine status, CliSettings settings, BenchArguments arguments) =>
        arguments.Via is BenchVia.Embedded
            ? await EmbeddedProducer.CreateTargetAsync(host, status, settings, arguments.Stream).ConfigureAwait(false)
            : new TierTarget(new TierConnection(settings.Tier, host.Time, host.Stop), arguments.Stream, places: true);

    private static async Task<long> SendAsync(CliHost host, BatchSender sender, BenchLoad load, long records)
    {
        long sent = 0;
        while (sent < records && sender.Broken is null && !host.Stop.IsCancellationRequested)
        {
            var batch = sender.Rent();
            while (sent < records && !batch.IsFull)
                load.Add(batch, ++sent);
            await sender.SendAsync(batch).ConfigureAwait(false);
        }

        return sent;
    }

    private static TimeSpan CpuTime()
    {
        using var process = Process.GetCurrentProcess();
        return process.TotalProcessorTime;
    }
}
