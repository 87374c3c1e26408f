using System.Reflection;
using System.Text;
using Microsoft.Extensions.Logging.Abstractions;
using Orleans.Kpl.Http.Administering;
using Orleans.Kpl.Http.Serving;

namespace Orleans.Kpl.Http.Tests.Serving;

/// <summary>HTTP as a tier's process has it, over a fake producer.</summary>
internal sealed class Front : IAsyncDisposable
{
    private readonly HttpClient _client;

    private Front(HttpFront http, FakeHttpProducer producer) =>
        (Http, Producer, _client) = (http, producer, new HttpClient { BaseAddress = new Uri(http.Url) });

    public HttpFront Http { get; }

    public FakeHttpProducer Producer { get; }

    public static async Task<Front> StartAsync(Action<KplHttpOptions>? configure = null, params IReadinessCheck[] readiness)
    {
        var options = new KplHttpOptions { Port = 0 };
        configure?.Invoke(options);
        var producer = new FakeHttpProducer { IsOfAProcess = true };
        var http = await HttpFront.StartAsync(
            producer, DispatchProxy.Create<IStreamAdmin, UnaskedAdmin>(), null, options, NullLoggerFactory.Instance,
            new KinesisAddress(new Uri("http://127.0.0.1:9"), "us-east-1"), null, readiness: readiness);
        return new Front(http, producer);
    }

    public Task<HttpAnswer> GetAsync(string path) => HttpAnswer.OfAsync(_client, "GET", path);

    public Task<HttpAnswer> PostAsync(string path, string body, params (string Name, string Value)[] headers) =>
        HttpAnswer.OfAsync(_client, "POST", path, Encoding.UTF8.GetBytes(body), headers: headers);

    public async ValueTask DisposeAsync()
    {
        _client.Dispose();
        await Http.DisposeAsync();
    }
}
