using System.Diagnostics;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Orleans.Hosting;
using Orleans.Kpl.Adapters.Checking;
using Orleans.Kpl.Aws;
using Orleans.Kpl.Host.Clustering;
using Orleans.Kpl.Host.Producing;
using Orleans.Kpl.Host.Settings;
using Orleans.Kpl.Http.Administering;
using Orleans.Kpl.Http.Serving;
using Orleans.Kpl.Kinesis.Serving;
using Orleans.Kpl.Producer.Setup;

namespace Orleans.Kpl.Host;

/// <summary>A running silo: Orleans, the producer, and the HTTP endpoints.</summary>
internal sealed class RunningSilo : IRunningTier
{
    /// <summary>The time for stopping Orleans beyond draining.</summary>
    private static readonly TimeSpan StopMargin = TimeSpan.FromSeconds(30);

    /// <summary>How often a silo that has not joined yet reports so.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    private readonly IHost _silo;
    private readonly StartupCheck _check;
    private readonly IKplProducer _producer;
    private readonly HttpFront _http;
    private readonly TimeSpan _drainTimeout;
    private readonly ILogger _logger;
    private bool _isStopped;

    private RunningSilo(
        IHost silo, StartupCheck check, IKplProducer producer, HttpFront http, SiloEndpoints endpoints, TimeSpan drainTimeout, ILogger<RunningSilo> logger)
    {
        (_silo, _check, _producer, _http, _drainTimeout, _logger) = (silo, check, producer, http, drainTimeout, logger);
        Ready = $"ready http={http.Url} silo={endpoints.Silo} gateway={endpoints.Gateway}{http.AdminSuffix}";
    }

    /// <summary>The line that lists all addresses of the silo.</summary>
    public string Ready { get; }

    /// <summary>Starts everything; the silo is an active member of its cluster when this completes.</summary>
    /// <param name="settings">The settings, checked.</param>
    /// <param name="loggers">The log.</param>
    /// <param name="cancellationToken">Stops the attempt to join the cluster.</param>
    /// <exception cref="StartException">A port is in use, a setting is invalid, or the silo cannot join the cluster.</exception>
    public static async Task<RunningSilo> StartAsync(SiloSettings settings, ILoggerFactory loggers, CancellationToken cancellationToken)
    {
        using var endpoints = TakePorts(settings);
        var host = Build(settings, endpoints, loggers);
        var check = ProducerFactory.CreateCheck(settings.Kpl, [settings.Http.DefaultStream], loggers);
        var isJoined = false;
        try
        {
            await check.StartAsync(cancellationToken);
            var producer = host.Services.GetRequiredService<IKplProducer>();
            await JoinAsync(host, loggers, cancellationToken);
            isJoined = true;
            var client = host.Services.GetRequiredService<KinesisGateway>().Client;
            var kinesis = client.Location;
            var http = await HttpFront.StartAsync(
                producer, host.Services.GetRequiredService<IStreamAdmin>(), host.Services.GetService<IBacklogAdmin>(), settings.Http, loggers,
                new KinesisAddress(kinesis.Endpoint, kinesis.Region), [new KinesisFront(client, settings.Kpl, settings.Front)],
                host.Services.GetRequiredService<MembershipReadiness>());
            return new RunningSilo(host, check, producer, http, endpoints, settings.Kpl.DrainTimeout, loggers.CreateLogger<RunningSilo>());
        }
        catch (Exception error)
        {
            await check.DisposeAsync();
            if (isJoined)
                await host.StopAsync(CancellationToken.None);
            // A silo that was asked to stop while it joined does not wait for the rest of joining.
            if (cancellationToken.IsCancellationRequested && !isJoined)
                throw new StartException(["Stopped before the silo was ready"], error);
            await DisposeAsync(host);
            throw StartException.From(error) ?? new StartException([$"The silo could not start: {error.Message}"], error);
        }
    }

    /// <summary>Stops accepting records, lets every record end within the drain limit, leaves the cluster and stops.</summary>
    public Task<DrainReport> DrainAsync() => Drain.RunAsync(_http, _producer, () => SiloProducer.ReadLedger(_producer), _drainTimeout, DisposeAsync);

    /// <summary>Stops whatever is still running; after a drain that is nothing.</summary>
    public async ValueTask DisposeAsync()
    {
        if (_isStopped)
            return;
        _isStopped = true;
        await _check.DisposeAsync();
        await _producer.DisposeAsync();
        var leaving = LeaveAsync();
        try
        {
            await leaving.WaitAsync(StopMargin);
        }
        catch (TimeoutException)
        {
            // Every record has ended. The other silos detect that this one is gone.
            _logger.LogWarning("The silo could not leave its cluster within {Seconds:0} s, and ends without", StopMargin.TotalSeconds);
        }
        await _http.DisposeAsync();
    }

    /// <summary>Stops Orleans. While the table of members does not respond, Orleans retries for minutes and ignores cancellation.</summary>
    private async Task LeaveAsync()
    {
        await _silo.StopAsync();
        await DisposeAsync(_silo);
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
        catch (StartException error)
        {
            throw new StartException([.. ofHttp, .. error.Errors]);
        }

        throw new StartException(ofHttp);
    }

    private static IHost Build(SiloSettings settings, SiloEndpoints endpoints, ILoggerFactory loggers)
    {
        var builder = new HostApplicationBuilder(new HostApplicationBuilderSettings { DisableDefaults = true });
        builder.Services.Replace(ServiceDescriptor.Singleton<ILoggerFactory>(new OrleansLog(loggers)));
        builder.Services.AddSingleton<IHostLifetime, ForeignLifetime>();
        builder.Services.Configure<HostOptions>(o => o.ShutdownTimeout = settings.Kpl.DrainTimeout + StopMargin);
        builder.UseOrleans(silo =>
        {
            SiloSetup.Configure(silo, settings, endpoints);
            SiloProducer.Add(silo, settings);
        });
        return builder.Build();
    }

    private static ValueTask DisposeAsync(IHost host)
    {
        if (host is IAsyncDisposable disposable)
            return disposable.DisposeAsync();
        host.Dispose();
        return default;
    }
}
