using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Orleans.Kpl.Cli.Batches;
using Orleans.Kpl.Cli.Bench;
using Orleans.Kpl.Cli.Commands;
using Orleans.Kpl.Cli.Settings;
using Orleans.Kpl.Cli.Terminal;

namespace Orleans.Kpl.ClusterBench;

/// <summary>Runs a bench through the client library.</summary>
internal static class BenchOverCluster
{
    /// <summary>How long to look for a silo.</summary>
    private static readonly TimeSpan ConnectLimit = TimeSpan.FromSeconds(20);

    /// <param name="clients">How many producers share the load; 0 for one that puts batches.</param>
    public static async Task<int> RunAsync(CliHost host, CliSettings settings, BenchArguments arguments, int clients)
    {
        var status = new StatusLine(host);
        using var cluster = Build(settings, status);
        await StartAsync(cluster, host).ConfigureAwait(false);
        try
        {
            await using var target = NewTarget(cluster.Services, status, arguments.Stream, clients);
            return await BenchVerb.RunAsync(host, status, target, arguments).ConfigureAwait(false);
        }
        finally
        {
            await cluster.StopAsync(CancellationToken.None).ConfigureAwait(false);
        }
    }

    private static IBatchTarget NewTarget(IServiceProvider services, StatusLine status, string stream, int clients)
    {
        if (clients == 0)
            return new EmbeddedTarget(services.GetRequiredService<KplClusterProducer>(), stream, isWhole: true);
        var cluster = services.GetRequiredService<IClusterClient>();
        var loggers = new StatusLogger(status, TimeProvider.System);
        return new ManyClientsTarget(
            [.. Enumerable.Range(0, clients).Select(_ => KplClusterProducer.Create(cluster, new KplOptions(), loggers))], stream);
    }

    private static IHost Build(CliSettings settings, StatusLine status)
    {
        var builder = new HostApplicationBuilder(new HostApplicationBuilderSettings { DisableDefaults = true });
        builder.Services.AddSingleton<ILoggerFactory>(new StatusLogger(status, TimeProvider.System));
        builder.Services.AddSingleton<IHostLifetime, NoLifetime>();
        try
        {
            builder.Services.AddKplCluster(settings.ReadConfiguration().GetSection("Kpl"));
            builder.Services.PostConfigure<KplOptions>(EmbeddedProducer.AwaitKinesis);
        }
        catch (KplOptionsException exception)
        {
            throw CliException.BadArguments(exception.Errors);
        }

        return builder.Build();
    }

    private static async Task StartAsync(IHost cluster, CliHost host)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(host.Stop);
        limit.CancelAfter(ConnectLimit);
        try
        {
            await cluster.StartAsync(limit.Token).ConfigureAwait(false);
        }
        catch (Exception exception) when (!host.Stop.IsCancellationRequested)
        {
            throw CliException.NotThere($"no silo of the cluster answers (Kpl:Cluster): {exception.Message}");
        }
    }

    /// <summary>Leaves signals to the program itself.</summary>
    private sealed class NoLifetime : IHostLifetime
    {
        public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}

/// <summary>
/// Spreads the records of each batch over many producers of this process, one after the other, as so many small clients would put them: record by record.
/// </summary>
internal sealed class ManyClientsTarget(IReadOnlyList<IKplProducer> producers, string stream) : IBatchTarget
{
    private int _next;

    public async ValueTask<Task> StartAsync(PutBatch batch)
    {
        var deliveries = new Task<RecordResult>[batch.Records.Length];
        for (var i = 0; i < deliveries.Length; i++)
        {
            deliveries[i] = (await producers[_next].EnqueueAsync(stream, batch.Records.Span[i]).ConfigureAwait(false)).Delivery;
            _next = (_next + 1) % producers.Count;
        }

        return EndAsync(batch, deliveries);
    }

    public Task FlushAsync() => Task.WhenAll(producers.Select(p => p.FlushAsync(stream)));

    public async ValueTask DisposeAsync()
    {
        foreach (var producer in producers)
            await producer.DisposeAsync().ConfigureAwait(false);
    }

    private static async Task EndAsync(PutBatch batch, Task<RecordResult>[] deliveries)
    {
        var results = await Task.WhenAll(deliveries).ConfigureAwait(false);
        for (var i = 0; i < results.Length; i++)
            batch.Outcomes[i] = EmbeddedTarget.OutcomeOf(results[i]);
    }
}
