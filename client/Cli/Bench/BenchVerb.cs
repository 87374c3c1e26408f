using System.Net;
using Orleans.Kpl.Administration;
using Orleans.Kpl.Cli.Admin;
using Orleans.Kpl.Cli.Batches;
using Orleans.Kpl.Cli.Commands;
using Orleans.Kpl.Cli.Settings;
using Orleans.Kpl.Cli.Terminal;
using Orleans.Kpl.Cli.Tier;

namespace Orleans.Kpl.Cli.Bench;

/// <summary>Runs one <c>kpl bench</c>: puts the requested number of records as fast as the stream takes them and observes every outcome.</summary>
internal static class BenchVerb
{
    public static Task<int> RunAsync(CliHost host, CliSettings settings, BenchArguments arguments) => arguments.Via switch
    {
        BenchVia.Cluster => ClusterProgram.RunAsync(host, arguments),
        BenchVia.Http => RunOverHttpAsync(host, settings, arguments),
        _ => RunEmbeddedAsync(host, settings, arguments),
    };

    /// <summary>Runs the bench against a target that is known to be reachable.</summary>
    /// <param name="target">The target of the records.</param>
    /// <param name="shards">The stream's open shards; null if unknown.</param>
    public static async Task<int> RunAsync(CliHost host, StatusLine status, IBatchTarget target, BenchArguments arguments, IReadOnlyList<ShardShare>? shards)
    {
        var run = new BenchRun(host, status, target, arguments);
        BenchResult result;
        using (new InterruptNotice(host, status, () => run.UnderWay,
            () => $"{run.Describe("interrupted twice")}, {run.UnderWay:N0} undelivered, of which some may still arrive"))
        await using (new ProgressBar(status, host.Time, run.Read))
            result = await run.RunAsync().ConfigureAwait(false);

        var isInterrupted = host.Stop.IsCancellationRequested;
        if (isInterrupted)
            status.WriteLine(run.Describe("interrupted"), Tone.Warning);
        if (run.Broken is { } broken)
            throw isInterrupted ? broken.As(host.StopCode()) : broken;
        result.Write(host);
        if (!arguments.Json)
        {
            status.WriteLine(result.ToText(), result.Failed > 0 ? Tone.Bad : Tone.Good);
            status.WriteLine(BenchBound.Describe(result, shards, Environment.ProcessorCount));
        }

        if (result.Failed > 0)
            status.WriteLine($"kpl: failed: {run.FailuresByCode}", Tone.Bad);
        return isInterrupted ? host.StopCode() : result.Failed == 0 ? ExitCode.Success : ExitCode.SomeFailed;
    }

    private static async Task<int> RunEmbeddedAsync(CliHost host, CliSettings settings, BenchArguments arguments)
    {
        var status = new StatusLine(host);
        var options = await KinesisPlaceFinder.ReadOptionsAsync(host, settings, status).ConfigureAwait(false);
        await using var target = await EmbeddedProducer.CreateTargetAsync(host, status, options, arguments.Stream).ConfigureAwait(false);
        var shards = arguments.Json ? null : await KinesisConnection.ListOpenShardsAsync(host, options, arguments.Stream).ConfigureAwait(false);
        return await RunAsync(host, status, target, arguments, shards).ConfigureAwait(false);
    }

    private static async Task<int> RunOverHttpAsync(CliHost host, CliSettings settings, BenchArguments arguments)
    {
        var status = new StatusLine(host);
        await using var target = new TierTarget(new TierConnection(settings.Tier, TierAccess.Of(host), host.Time), arguments.Stream, places: true);
        var shards = arguments.Json ? null : await ListShardsAsync(host, settings, arguments.Stream).ConfigureAwait(false);
        return await RunAsync(host, status, target, arguments, shards).ConfigureAwait(false);
    }

    /// <summary>Asks the tier for the stream's open shards; null if it does not say.</summary>
    private static async Task<IReadOnlyList<ShardShare>?> ListShardsAsync(CliHost host, CliSettings settings, string stream)
    {
        using var tier = new AdminConnection(settings.Tier, TierAccess.Of(host), stream, host.Stop);
        return await tier.TryGetAsync("/shards").ConfigureAwait(false) is (HttpStatusCode.OK, var answer)
            && AdminOutput.TryRead(answer, AdminJson.Default.StreamOverview) is { } overview
            ? [.. overview.Shards.Select(static s => ShardShare.Of(s.ShardId, s.StartingHashKey, s.EndingHashKey))]
            : null;
    }
}
