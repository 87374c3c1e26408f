using System.Buffers;
using System.Text;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Orleans.Kpl.Http.Administering;
using Orleans.Kpl.Http.Identities;
using Orleans.Kpl.Http.Identities.Sessions;
using Orleans.Kpl.Http.Reading;
using Orleans.Kpl.Http.Serving;
using Orleans.Kpl.Producer.Tests.Logging;
using Orleans.Kpl.Quotas;

namespace Orleans.Kpl.Http.Tests.Identities;

/// <summary>The front of a tier with identities, over a fake producer, behind a real socket.</summary>
internal sealed class IdentityServer : IAsyncDisposable
{
    private readonly HttpFront _front;
    private readonly ILoggerFactory _loggers;
    private readonly HttpClient _client;

    private readonly IdentityFolder _folder;

    private IdentityServer(HttpFront front, ILoggerFactory loggers, IdentityFolder folder) =>
        (_front, _loggers, _folder, _client) = (front, loggers, folder, new HttpClient { BaseAddress = new Uri(front.Url) });

    public required FakeHttpProducer Producer { get; init; }

    public required CapturedLog Log { get; init; }

    public required Watching.FakeTierView View { get; init; }

    public Uri Address => _client.BaseAddress!;

    public IdentityStore Store => _front.Services.GetRequiredService<IdentityStore>();

    public BodyMemory Bodies => _front.Services.GetRequiredService<BodyMemory>();

    public SessionBudget Sessions => _front.Services.GetRequiredService<SessionBudget>();

    public IAccessKeys AccessKeys => _front.Services.GetRequiredService<IAccessKeys>();

    /// <summary>Starts a server by the file in a folder, which goes away with it.</summary>
    public static async Task<IdentityServer> StartAsync(
        IdentityFolder folder, IQuotaPeers? peers = null, bool openMetrics = false, IStreamAdmin? admin = null)
    {
        var (producer, log) = (new FakeHttpProducer(), new CapturedLog());
        var view = new Watching.FakeTierView();
        var loggers = LoggerFactory.Create(b => b.AddProvider(log).SetMinimumLevel(LogLevel.Trace));
        var front = await HttpFront.StartAsync(
            producer, admin ?? new FakeStreamAdmin(), new FakeBacklog(),
            new KplHttpOptions { Port = 0, DefaultStream = "orders", Identities = folder.File, OpenMetrics = openMetrics },
            loggers, new KinesisAddress(new Uri("http://127.0.0.1:4567"), "us-east-1"), [new MetricsPart(new FakeMetricsPage())], peers, view);
        return new IdentityServer(front, loggers, folder) { Producer = producer, Log = log, View = view };
    }

    /// <summary>Sends a request, with a body where the method has one.</summary>
    public Task<HttpAnswer> SendAsync(string method, string path, string? credential, string body = "", params (string Name, string Value)[] headers) =>
        HttpAnswer.OfAsync(
            _client, method, path, method == "POST" ? Encoding.UTF8.GetBytes(body) : null,
            headers: credential is null ? headers : [("Authorization", $"Bearer {credential}"), .. headers]);

    public Task<HttpAnswer> SendAsync(HttpRequestMessage request) => HttpAnswer.OfAsync(_client, request);

    public async ValueTask DisposeAsync()
    {
        _client.Dispose();
        await _front.DisposeAsync();
        _loggers.Dispose();
        _folder.Dispose();
    }

    /// <summary>A page that tells what was asked for.</summary>
    private sealed class FakeMetricsPage : IMetricsPage
    {
        public string Write(IBufferWriter<byte> output, string? accept)
        {
            output.Write("kpl_up 1\n"u8);
            return accept ?? "text/plain; version=0.0.4";
        }
    }
}
