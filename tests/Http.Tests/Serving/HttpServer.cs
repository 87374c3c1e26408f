using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Orleans.Kpl.Http.Reading;
using Orleans.Kpl.Producer.Tests.Logging;

namespace Orleans.Kpl.Http.Tests.Serving;

/// <summary>The endpoints over a fake producer, behind a real socket.</summary>
internal sealed class HttpServer : IAsyncDisposable
{
    private readonly WebApplication _app;

    private HttpServer(WebApplication app) => _app = app;

    public required FakeHttpProducer Producer { get; init; }

    public required FakeBacklog Backlog { get; init; }

    public required HttpClient Client { get; init; }

    public required CapturedLog Logs { get; init; }

    /// <summary>Completes when the server has seen a client hang up in the middle of a request.</summary>
    public Task ClientGone { get; private init; } = null!;

    public Uri Address => Client.BaseAddress!;

    public BodyMemory Bodies => _app.Services.GetRequiredService<BodyMemory>();

    public IngestGate Gate => _app.Services.GetRequiredService<IngestGate>();

    public IngestLedger Ledger => _app.Services.GetRequiredService<IngestLedger>();

    public static Task<HttpServer> StartAsync(Action<KplHttpOptions>? configure = null, params IEnumerable<IReadinessCheck> readiness) =>
        StartAsync(TimeProvider.System, configure, readiness);

    public static async Task<HttpServer> StartAsync(
        TimeProvider time, Action<KplHttpOptions>? configure = null, params IEnumerable<IReadinessCheck> readiness)
    {
        var (producer, backlog) = (new FakeHttpProducer(), new FakeBacklog());
        var logs = new CapturedLog();
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().UseUrls("http://127.0.0.1:0");
        builder.Logging.AddProvider(logs).SetMinimumLevel(LogLevel.Information);
        builder.Services.AddSingleton<IKplProducer>(producer).AddSingleton<IBacklogAdmin>(backlog).AddSingleton(time).AddKplHttp(configure);
        foreach (var check in readiness)
            builder.Services.AddSingleton(check);
        var app = builder.Build();
        var gone = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        app.Use((context, next) =>
        {
            context.RequestAborted.Register(() => gone.TrySetResult());
            return next(context);
        });
        app.UseKplGuard().UseKplErrors().UseRouting();
        app.MapKplIngest().MapKplHealth().MapKplAdmin();
        await app.StartAsync();
        return new HttpServer(app)
        {
            Producer = producer,
            Backlog = backlog,
            Logs = logs,
            ClientGone = gone.Task,
            Client = new HttpClient { BaseAddress = new Uri(app.Urls.Single()) },
        };
    }

    public Task StopAsync() => _app.StopAsync();

    /// <summary>Posts a body and gives back the whole answer.</summary>
    public Task<HttpAnswer> PostAsync(string path, string body, string? type = "application/json", params (string Name, string Value)[] headers) =>
        PostAsync(path, Encoding.UTF8.GetBytes(body), type, headers);

    public Task<HttpAnswer> PostAsync(string path, byte[] body, string? type = "application/json", params (string Name, string Value)[] headers) =>
        HttpAnswer.OfAsync(Client, "POST", path, body, type, headers);

    public Task<HttpAnswer> GetAsync(string path) => HttpAnswer.OfAsync(Client, "GET", path);

    public Task<HttpAnswer> SendAsync(HttpRequestMessage request) => HttpAnswer.OfAsync(Client, request);

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        await _app.DisposeAsync();
    }
}
