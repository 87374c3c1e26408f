using Orleans.Kpl.Cli.Batches;
using Orleans.Kpl.Cli.Settings;
using Orleans.Kpl.Cli.Terminal;
using Orleans.Kpl.Cli.Tier;
using Orleans.Kpl.Run.Model;

namespace Orleans.Kpl.Cli.Runs;

/// <summary>Opens the output of a run: one producer in this process, or one connection to a tier, and a target for each stream.</summary>
internal sealed class RunTargets : IAsyncDisposable
{
    private readonly Func<string, IBatchTarget> _create;
    private readonly Func<Task> _flush;
    private readonly Func<ValueTask> _dispose;

    private RunTargets(Func<string, IBatchTarget> create, Func<Task> flush, Func<ValueTask> dispose) => (_create, _flush, _dispose) = (create, flush, dispose);

    /// <exception cref="Commands.CliException">The settings cannot work, or the endpoint or the stream does not exist.</exception>
    public static async Task<RunTargets> OpenAsync(CliHost host, StatusLine status, CliSettings settings, RunFile file)
    {
        if (file.Output is TierOutput tier)
        {
            var connection = new TierConnection(tier.Url ?? settings.Tier, TierAccess.Of(host), host.Time);
            return new RunTargets(stream => new TierTarget(connection, stream), static () => Task.CompletedTask, () =>
            {
                connection.Dispose();
                return ValueTask.CompletedTask;
            });
        }

        var options = RunOptions.Read(settings, status, (KinesisOutput)file.Output);
        var producer = await EmbeddedProducer.CreateAsync(host, status, options, file.Output.Stream).ConfigureAwait(false);
        return new RunTargets(stream => new EmbeddedTarget(producer, stream), () => producer.FlushAsync(), producer.DisposeAsync);
    }

    /// <summary>Creates the target of one stream.</summary>
    public IBatchTarget Create(string stream) => _create(stream);

    /// <summary>Lets nothing wait for company any more.</summary>
    public Task FlushAsync() => _flush();

    public ValueTask DisposeAsync() => _dispose();
}
