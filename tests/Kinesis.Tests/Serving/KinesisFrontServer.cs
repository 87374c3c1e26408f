using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Orleans.Kpl.Certificates;
using Orleans.Kpl.Http;
using Orleans.Kpl.Http.Identities;
using Orleans.Kpl.Http.Identities.Access;
using Orleans.Kpl.Http.Identities.Quotas;
using Orleans.Kpl.Http.Reading;
using Orleans.Kpl.Http.Serving;
using Orleans.Kpl.Kinesis.Serving;
using Orleans.Kpl.Kinesis.Settings;
using Orleans.Kpl.LocalKinesis;
using Orleans.Kpl.Producer.Tests.Logging;

namespace Orleans.Kpl.Kinesis.Tests.Serving;

/// <summary>The front over a real producer and a local Kinesis, behind a real socket.</summary>
internal sealed class KinesisFrontServer : IAsyncDisposable
{
    public const string Stream = "events";
    public const string JsonType = "application/x-amz-json-1.1";
    public const string CborType = "application/x-amz-cbor-1.1";

    private readonly WebApplication _app;
    private bool _isKinesisGone;

    private KinesisFrontServer(WebApplication app) => _app = app;

    public required LocalKinesisServer Kinesis { get; init; }

    public required KplProducer Producer { get; init; }

    public required HttpClient Client { get; init; }

    public Uri Address => Client.BaseAddress!;

    public IngestGate Gate => _app.Services.GetRequiredService<IngestGate>();

    public IngestLedger Ledger => _app.Services.GetRequiredService<IngestLedger>();

    /// <summary>What an identity uses; nothing before its first request.</summary>
    public UsageCounts UsageOf(string identity) =>
        _app.Services.GetRequiredService<IdentityQuotas>().Usage.FirstOrDefault(u => u.Key == identity).Value?.Read() ?? default;

    /// <summary>When an access key has signed last.</summary>
    public DateTimeOffset? LastUseOf(string accessKeyId) => _app.Services.GetRequiredService<IdentityStore>().AccessKeyUses.Of(accessKeyId).Last;

    public required CapturedLog Log { get; init; }

    /// <summary>The clock that bodies of strangers have their time by. It stands still.</summary>
    public required FakeTimeProvider StrangersTime { get; init; }

    /// <summary>The memory of all bodies.</summary>
    public BodyMemory Bodies => _app.Services.GetRequiredService<BodyMemory>();

    /// <summary>The server's own limits, which hold for the next request.</summary>
    public KestrelServerLimits Limits => _app.Services.GetRequiredService<IOptions<KestrelServerOptions>>().Value.Limits;

    /// <summary>What consumers of the stream can see.</summary>
    public IReadOnlyList<AppliedRecord> Applied => [.. Kinesis.Kinesis.GetApplied(Stream)];

    public static async Task<KinesisFrontServer> StartAsync(
        Action<KplOptions>? configure = null, Action<KinesisFrontOptions>? front = null, IAccessKeys? keys = null, int shards = 2,
        LimitModel? limit = null, string? identities = null, TlsStore? tls = null, Action<KplHttpOptions>? http = null,
        TimeProvider? time = null, TimeProvider? timeOfKinesis = null)
    {
        var local = new LocalKinesisOptions { Port = 0, CreatingTime = TimeSpan.Zero, TimeProvider = timeOfKinesis ?? TimeProvider.System };
        if (limit is not null)
            local.LimitModel = limit;
        var kinesis = await LocalKinesisServer.StartAsync(local);
        await kinesis.Kinesis.CreateStreamAsync(Stream, shards);
        var options = new KplOptions
        {
            RecordMaxBufferedTime = TimeSpan.FromMilliseconds(5),
            Kinesis = { EndpointUrl = kinesis.Url, Region = "us-east-1", AccessKeyId = "local", SecretAccessKey = "local" },
        };
        configure?.Invoke(options);
        var producer = KplProducer.Create(options);
        var settings = new KinesisFrontOptions();
        front?.Invoke(settings);
        var part = new KinesisFront(producer.Parts, settings);

        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        var log = new CapturedLog();
        builder.Logging.SetMinimumLevel(LogLevel.Warning).AddProvider(log);
        builder.WebHost.UseKestrelCore().ConfigureKestrel(server => server.Listen(IPAddress.Loopback, 0, port =>
        {
            if (identities is not null)
                port.Use(ConnectionSigner.Keep);
            if (tls is null)
                part.ListenPlain(server, port);
            else
                TlsListener.Use(port, tls);
        }));
        var strangers = new FakeTimeProvider();
        builder.Services.AddSingleton(s => new BodyMemory(
            s.GetRequiredService<IOptions<KplHttpOptions>>().Value.MaxBodyMemory is > 0 and var most ? most : options.MaxOutstandingBytes, strangers));
        builder.Services.AddSingleton(time ?? TimeProvider.System).AddSingleton<IKplProducer>(producer).AddKplHttp(http);
        if (keys is not null)
            builder.Services.AddSingleton(keys);
        if (identities is not null)
            builder.Services.AddIdentities(identities);
        var app = builder.Build();
        app.UseKplErrors().UseRouting().UseIdentities();
        part.Map(app);
        app.MapKplIngest();
        await app.StartAsync();
        return new KinesisFrontServer(app)
        {
            Kinesis = kinesis, Producer = producer, Log = log, StrangersTime = strangers, Client = new HttpClient { BaseAddress = new Uri(app.Urls.Single()) },
        };
    }

    /// <summary>Ends the local Kinesis: calls get no connection from now on.</summary>
    public async Task StopKinesisAsync()
    {
        _isKinesisGone = true;
        await Kinesis.DisposeAsync();
    }

    /// <summary>Calls an operation with a JSON body.</summary>
    public Task<FrontReply> CallAsync(string operation, string body, params (string Name, string Value)[] headers) =>
        CallAsync(Client, operation, Encoding.UTF8.GetBytes(body), JsonType, headers);

    public static HttpRequestMessage Request(string? operation, byte[] body, string? type, params (string Name, string Value)[] headers)
    {
        var request = new HttpRequestMessage(HttpMethod.Post, "/") { Content = new ByteArrayContent(body) };
        if (type is not null)
            request.Content.Headers.ContentType = MediaTypeHeaderValue.Parse(type);
        if (operation is not null)
            request.Headers.TryAddWithoutValidation("X-Amz-Target", operation.Contains('.', StringComparison.Ordinal) ? operation : "Kinesis_20131202." + operation);
        foreach (var (name, value) in headers)
        {
            if (!request.Headers.TryAddWithoutValidation(name, value))
                request.Content.Headers.TryAddWithoutValidation(name, value);
        }

        return request;
    }

    public static async Task<FrontReply> CallAsync(
        HttpClient client, string? operation, byte[] body, string? type, params (string Name, string Value)[] headers)
    {
        using var request = Request(operation, body, type, headers);
        return await SendAsync(client, request);
    }

    public static async Task<FrontReply> SendAsync(HttpClient client, HttpRequestMessage request)
    {
        using var response = await client.SendAsync(request, TestContext.Current.CancellationToken);
        var bytes = await response.Content.ReadAsByteArrayAsync(TestContext.Current.CancellationToken);
        return new FrontReply(response.StatusCode, bytes, response.Content.Headers.ContentType?.ToString(), response.Headers.ConnectionClose == true)
        {
            RequestId = response.Headers.TryGetValues("x-amzn-RequestId", out var ids) ? ids.Single() : null,
        };
    }

    /// <summary>A PutRecords body of records with these keys, each with its key as data.</summary>
    public static string Puts(IEnumerable<string> keys, string stream = Stream) => new JsonObject
    {
        ["StreamName"] = stream,
        ["Records"] = new JsonArray([.. keys.Select(k => new JsonObject { ["PartitionKey"] = k, ["Data"] = Convert.ToBase64String(Encoding.UTF8.GetBytes(k)) })]),
    }.ToJsonString();

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        await _app.DisposeAsync();
        await Producer.DisposeAsync();
        if (!_isKinesisGone)
            await Kinesis.DisposeAsync();
    }
}

/// <summary>One answer.</summary>
internal sealed record FrontReply(HttpStatusCode Status, byte[] Bytes, string? Type, bool Closes)
{
    public string? RequestId { get; init; }

    public string Text => Encoding.UTF8.GetString(Bytes);

    public JsonNode Json => JsonNode.Parse(Bytes)!;

    /// <summary>The error's name without its prefix; null where there is none.</summary>
    public string? Error => ((string?)Json["__type"])?.Split('#')[^1];

    public string Message => (string?)Json["message"] ?? "";

    public IReadOnlyList<JsonNode> Records => [.. Json[nameof(Records)]!.AsArray().Select(r => r!)];
}
