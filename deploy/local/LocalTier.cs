using System.Net;
using Microsoft.Extensions.Logging;
using Orleans.Kpl.Http.Administering;
using Orleans.Kpl.Http.Serving;
using Orleans.Kpl.Kinesis.Serving;
using Orleans.Kpl.Local.Arguments;
using Orleans.Kpl.Local.Settings;
using Orleans.Kpl.LocalKinesis;
using Orleans.Kpl.Otlp;
using Orleans.Kpl.Producer.Setup;
using Orleans.Kpl.Scaling.Costs;

namespace Orleans.Kpl.Local;

/// <summary>The parts of a running local tier: the Kinesis endpoint, the producer, and HTTP in front.</summary>
internal sealed class LocalTier : IRunningTier
{
    private readonly Stack<IAsyncDisposable> _parts;
    private readonly KplProducer _producer;
    private readonly HttpFront _http;
    private readonly StopBudget _stop;

    private LocalTier(Stack<IAsyncDisposable> parts, KplProducer producer, HttpFront http, StopBudget stop, string ready) =>
        (_parts, _producer, _http, _stop, Ready) = (parts, producer, http, stop, ready);

    /// <summary>The line that reports the addresses of all parts.</summary>
    public string Ready { get; }

    public long OutstandingRecords => _producer.OutstandingRecords;

    /// <summary>Starts all parts; streams at the local endpoint are ACTIVE when this completes.</summary>
    /// <param name="stop">Ends a check of Kinesis that the start waits for.</param>
    /// <exception cref="StartException">A port is taken, or a setting cannot work.</exception>
    public static async Task<LocalTier> StartAsync(LocalSettings settings, ILoggerFactory loggers, CancellationToken stop)
    {
        CheckPorts(settings);
        var parts = new Stack<IAsyncDisposable>();
        try
        {
            return await StartAsync(settings, loggers, parts, stop);
        }
        catch (Exception error)
        {
            await StopAsync(parts);
            if (stop.IsCancellationRequested)
                throw new StartException(["Stopped before the tier was ready"], error);
            if (StartException.From(error) is { } known)
                throw known;
            throw;
        }
    }

    /// <summary>Rejects new records, waits for every record's outcome within the drain limit, and stops.</summary>
    public Task<DrainReport> DrainAsync() => Drain.RunAsync(_http, _producer, _producer.Parts.ReadLedger, _stop, DisposeAsync, TimeProvider.System);

    /// <summary>Stops the parts that still run; after a drain none do.</summary>
    public ValueTask DisposeAsync() => StopAsync(_parts);

    private static async ValueTask StopAsync(Stack<IAsyncDisposable> parts)
    {
        while (parts.TryPop(out var last))
            await last.DisposeAsync();
    }

    private static async Task<LocalTier> StartAsync(
        LocalSettings settings, ILoggerFactory loggers, Stack<IAsyncDisposable> parts, CancellationToken cancellationToken)
    {
        LocalKinesisServer? kinesis = null;
        if (settings.LocalKinesis is { } local)
        {
            parts.Push(kinesis = await StartKinesisAsync(local, settings.StreamsToCreate, loggers, cancellationToken));
            // No other process knows this endpoint.
            settings.Kpl.ScalingPolicyAllowed = true;
        }

        // CloudWatch is AWS's own, whoever is Kinesis here: it is reached by the settings as they were given.
        var telemetry = await TierTelemetry.StartAsync("orleans-kpl-local", settings.Kpl, settings.Configuration, loggers);
        parts.Push(telemetry);
        if (kinesis is not null)
            LocalCredentials.Use(settings.Kpl, kinesis.Url, settings.LocalKinesis!.CheckSignatures);
        var producer = KplProducer.Create(settings.Kpl, loggers);
        parts.Push(producer);
        var check = ProducerFactory.CreateCheck(settings.Kpl, settings.StreamsToCheck, loggers);
        parts.Push(check);
        check.TellTo(producer.Parts.Pipeline);
        await check.StartAsync(cancellationToken);
        var http = await HttpFront.StartAsync(producer, producer.Admin, producer.Backlog, settings.Http, loggers,
            new KinesisAddress(kinesis?.Url ?? settings.Kpl.Kinesis.EndpointUrl!, settings.Kpl.Kinesis.Region),
            [
                new KinesisFront(producer.Parts, settings.Front), new MetricsPart(telemetry.Page),
                new CostPart(StreamCosts.Open(producer.Admin, settings.Http.Prices, TimeProvider.System).GetAsync),
            ], view: producer.Parts.View);
        parts.Push(http);
        if (kinesis is null && settings.StreamsToCreate.Count > 0)
        {
            parts.Push(new StreamCreation(
                settings.Kpl, [.. settings.StreamsToCreate.Select(s => (s.Name, s.ShardsOrDefault))], loggers.CreateLogger<StreamCreation>()));
        }

        var stop = new StopBudget(settings.Kpl.StopTimeout, settings.Kpl.DrainTimeout, TimeProvider.System);
        producer.Parts.LimitDrainTo(stop);
        telemetry.LimitLastUploadTo(() => stop.ForUpload);
        return new LocalTier(parts, producer, http, stop, Describe(kinesis, http, settings.Kpl));
    }

    /// <summary>Tries all ports before anything starts, so that one start reports each that is taken, and no server's own words are needed.</summary>
    private static void CheckPorts(LocalSettings settings)
    {
        var taken = PortCheck.Find(settings.Http, "--http-port");
        if (settings.LocalKinesis is { } local)
        {
            var address = IPAddress.Parse(local.Address);
            taken = taken.Concat(PortCheck.Find("The local Kinesis endpoint", address, local.Port, "--kinesis-port"));
            if (local.TlsPort is { } tls)
                taken = taken.Concat(PortCheck.Find("The local Kinesis endpoint with TLS", address, tls, "--kinesis-tls-port"));
        }

        if (taken.ToList() is { Count: > 0 } errors)
            throw new StartException(errors);
    }

    private static async Task<LocalKinesisServer> StartKinesisAsync(
        LocalKinesisOptions options, IReadOnlyList<StreamArgument> streams, ILoggerFactory loggers, CancellationToken cancellationToken)
    {
        try
        {
            return await LocalKinesisServer.StartWithAsync(streams.Select(static s => (s.Name, s.ShardsOrDefault)), options, loggers, cancellationToken);
        }
        catch (ArgumentException error)
        {
            // A certificate that cannot be used.
            throw new StartException([$"The local Kinesis endpoint: {error.Message}"]);
        }
    }

    private static string Describe(LocalKinesisServer? kinesis, HttpFront http, KplOptions options)
    {
        var endpoint = kinesis?.Url ?? options.Kinesis.EndpointUrl!;
        var tls = kinesis?.TlsUrl is { } url ? $" kinesis_tls={Text(url)}" : "";
        return $"ready http={http.Url} kinesis={Text(endpoint)}{tls}{http.ReadySuffix}";

        static string Text(Uri url) => url.AbsoluteUri.TrimEnd('/');
    }
}

/// <summary>Configures how the producer reaches the endpoint in its own process, without AWS's credential chain, proxies or profiles.</summary>
internal static class LocalCredentials
{
    private const string Name = "local";
    private const string Region = "us-east-1";

    /// <summary>Sets address, region and keys: the keys that the endpoint checks, else <c>local</c>/<c>local</c>.</summary>
    public static void Use(KplOptions kpl, Uri endpoint, SigningKey? key)
    {
        // A role is assumed at AWS itself, wherever Kinesis is.
        ClearRole(kpl);
        foreach (var stream in kpl.ConfiguredStreams.ToList())
            kpl.ForStream(stream, ClearRole);
        var options = kpl.Kinesis;
        options.EndpointUrl = endpoint;
        options.Region = Region;
        options.AccessKeyId = key?.AccessKeyId ?? Name;
        options.SecretAccessKey = key?.SecretAccessKey ?? Name;
        options.SessionToken = null;
        options.Profile = null;
        options.ProxyHost = null;
        options.ProxyUserName = null;
        options.ProxyPassword = null;
        options.UseArnHost = false;
    }

    private static void ClearRole(StreamOptions options) => (options.RoleArn, options.RoleExternalId, options.RoleSessionName) = (null, null, null);
}
