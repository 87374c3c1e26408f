using System.Diagnostics;
using System.Diagnostics.Metrics;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Orleans.Kpl.Adapters.Checking;
using Orleans.Kpl.Administration;
using Orleans.Kpl.Aws;
using Orleans.Kpl.Host.Clustering;
using Orleans.Kpl.Host.Settings;
using Orleans.Kpl.Http.Administering;
using Orleans.Kpl.Http.Serving;
using Orleans.Kpl.Kinesis.Serving;
using Orleans.Kpl.Otlp;
using Orleans.Kpl.Producer.Setup;
using Orleans.Kpl.Quotas;
using Orleans.Kpl.Scaling.Costs;
using Orleans.Kpl.Silos;

namespace Orleans.Kpl.Host;

/// <summary>A running silo: Orleans, the producer, and the HTTP endpoints.</summary>
internal sealed class RunningSilo : IRunningTier
{
    /// <summary>The most that stopping Orleans may take of what is left of the stop.</summary>
    private static readonly TimeSpan LongestLeaving = TimeSpan.FromSeconds(30);

    /// <summary>The shortest time for stopping Orleans, however late it is: an orderly end is mostly a matter of milliseconds.</summary>
    private static readonly TimeSpan ShortestLeaving = TimeSpan.FromSeconds(1);

    /// <summary>How often a silo that has not joined yet reports so.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    private readonly IHost _silo;
    private readonly StartupCheck _check;
    private readonly SiloNode _node;
    private readonly TierTelemetry _telemetry;
    private readonly HttpFront _http;
    private readonly ILogger _logger;
    private bool _isStopped;

    private RunningSilo(
        IHost silo, StartupCheck check, TierTelemetry telemetry, SiloNode node, HttpFront http, SiloEndpoints endpoints, ILogger<RunningSilo> logger)
    {
        (_silo, _check, _telemetry, _node, _http, _logger) = (silo, check, telemetry, node, http, logger);
        telemetry.LimitLastUploadTo(() => node.Stop.ForUpload);
        Ready = $"ready http={http.Url} silo={endpoints.Silo} gateway={endpoints.Gateway}{http.ReadySuffix}";
    }

    /// <summary>The line that lists all addresses of the silo.</summary>
    public string Ready { get; }

    public long OutstandingRecords => ((IKplProducer)_node.Producer).OutstandingRecords;

    /// <summary>Starts everything; the silo is an active member of its cluster when this completes.</summary>
    /// <param name="cancellationToken">Stops the attempt to join the cluster.</param>
    /// <exception cref="StartException">A port is in use, a setting is invalid, or the silo cannot join the cluster.</exception>
    public static async Task<RunningSilo> StartAsync(SiloSettings settings, ILoggerFactory loggers, CancellationToken cancellationToken)
    {
        using var endpoints = TakePorts(settings);
        if (endpoints.Warning is { } warning)
            loggers.CreateLogger<RunningSilo>().LogWarning("{Warning}", warning);
        var orleans = new OrleansLog(loggers, cancellationToken);
        var host = Build(settings, endpoints, orleans);
        var check = ProducerFactory.CreateCheck(settings.Kpl, [settings.Http.DefaultStream], loggers);
        var joining = new JoiningCheck("the silo has not joined its cluster yet");
        TierTelemetry? telemetry = null;
        HttpFront? http = null;
        try
        {
            telemetry = await TierTelemetry.StartAsync(
                "orleans-kpl-silo", settings.Kpl, settings.Configuration, loggers, host.Services.GetService<IMeterFactory>());
            // Joining may take minutes, and a process that answers no probe for so long is taken for dead.
            http = await StartHttpAsync(host, settings, loggers, telemetry, joining);
            var node = host.Services.GetRequiredService<SiloNode>();
            check.TellTo(node.Producer);
            await check.StartAsync(cancellationToken);
            await JoinAsync(host, loggers, cancellationToken);
            orleans.Join();
            joining.Complete();
            return new RunningSilo(host, check, telemetry, node, http, endpoints, loggers.CreateLogger<RunningSilo>());
        }
        catch (Exception error)
        {
            await check.DisposeAsync();
            if (http is not null)
                await http.DisposeAsync();
            if (telemetry is not null)
                await telemetry.DisposeAsync();
            // A silo that was asked to stop while it joined does not wait for the rest of joining.
            if (cancellationToken.IsCancellationRequested)
                throw new StartException(["Stopped before the silo was ready"], error);
            await ((IAsyncDisposable)host).DisposeAsync();
            throw StartException.From(error) ?? new StartException([$"The silo could not start: {error.Message}"], error) { MayPass = true };
        }
    }

    /// <summary>Stops accepting records, lets every record end within the drain limit, leaves the cluster and stops.</summary>
    public Task<DrainReport> DrainAsync() => Drain.RunAsync(
        _http, _node.Producer, _node.Producer.ReadLedger, _node.Stop, DisposeAsync, TimeProvider.System);

    /// <summary>Stops whatever is still running; after a drain that is nothing.</summary>
    public async ValueTask DisposeAsync()
    {
        if (_isStopped)
            return;
        _isStopped = true;
        await _check.DisposeAsync();
        await _node.Producer.DisposeAsync();
        // Every record has ended and is counted. A table of members that does not respond must not take the time of the last upload.
        var uploading = _telemetry.DisposeAsync();
        var leaving = LeaveAsync();
        // HTTP stops after it, and needs a moment too.
        var limit = TimeSpan.FromTicks(Math.Clamp((_node.Stop.Left - HttpFront.StopTimeout).Ticks, ShortestLeaving.Ticks, LongestLeaving.Ticks));
        try
        {
            await leaving.WaitAsync(limit);
        }
        catch (TimeoutException)
        {
            // Every record has ended. The other silos detect that this one is gone.
            _logger.LogWarning("The silo could not leave its cluster within {Seconds:0} s, and ends without", limit.TotalSeconds);
        }
        await _http.DisposeAsync();
        await uploading;
    }

    /// <summary>Stops Orleans. While the table of members does not respond, Orleans retries for minutes and ignores cancellation.</summary>
    private async Task LeaveAsync()
    {
        await _silo.StopAsync();
        await ((IAsyncDisposable)_silo).DisposeAsync();
    }

    /// <summary>Listens before the silo joins: probes are answered, and say why the silo is not ready.</summary>
    private static Task<HttpFront> StartHttpAsync(
        IHost host, SiloSettings settings, ILoggerFactory loggers, TierTelemetry telemetry, JoiningCheck joining)
    {
        var services = host.Services;
        var client = services.GetRequiredService<KinesisClient>();
        var kinesis = client.Location;
        var admin = services.GetRequiredService<IStreamAdmin>();
        return HttpFront.StartAsync(
            services.GetRequiredService<IKplProducer>(), admin, services.GetService<IBacklogAdmin>(),
            settings.Http, loggers, new KinesisAddress(kinesis.Endpoint, kinesis.Region),
            [
                new KinesisFront(client, settings.Kpl, settings.Front, services.GetRequiredService<SiloNode>().Names), new MetricsPart(telemetry.Page),
                new CostPart(StreamCosts.Open(admin, settings.Http.Prices, TimeProvider.System).GetAsync),
            ],
            services.GetRequiredService<IQuotaPeers>(), services.GetRequiredService<ITierView>(), joining, services.GetRequiredService<MembershipReadiness>());
    }

    /// <summary>Starts Orleans; waits a good while for a table that does not respond, or for members that are gone.</summary>
    private static async Task JoinAsync(IHost host, ILoggerFactory loggers, CancellationToken cancellationToken)
    {
        var joining = host.StartAsync(cancellationToken);
        var clock = Stopwatch.StartNew();
        while (await Task.WhenAny(joining, Task.Delay(Patience, cancellationToken)) != joining)
        {
            // The AWS SDK's retries ignore cancellation for two minutes.
            cancellationToken.ThrowIfCancellationRequested();
            loggers.CreateLogger<RunningSilo>().LogWarning("The silo has not joined its cluster yet, after {Seconds:0} s", clock.Elapsed.TotalSeconds);
        }
        await joining;
    }

    /// <summary>Reserves the silo's ports and tries the HTTP port, so that one failed start reports all ports in use.</summary>
    private static SiloEndpoints TakePorts(SiloSettings settings)
    {
        var ofHttp = PortCheck.Find(settings.Http).ToList();
        try
        {
            var endpoints = SiloEndpoints.Take(settings.Cluster);
            if (ofHttp.Count == 0)
                return endpoints;
            endpoints.Dispose();
        }
        catch (StartException error) when (ofHttp.Count > 0)
        {
            throw new StartException([.. ofHttp, .. error.Errors]);
        }

        throw new StartException(ofHttp);
    }

    internal static IHost Build(SiloSettings settings, SiloEndpoints endpoints, OrleansLog log)
    {
        var builder = new HostApplicationBuilder(new HostApplicationBuilderSettings { DisableDefaults = true });
        builder.Services.Replace(ServiceDescriptor.Singleton<ILoggerFactory>(log));
        builder.Services.AddSingleton<IHostLifetime, ForeignLifetime>();
        builder.UseOrleans(silo =>
        {
            SiloSetup.Configure(silo, settings, endpoints);
            silo.AddKpl(settings.Kpl, settings.Cluster, isTierOnly: true);
        });
        return builder.Build();
    }
}
