namespace Orleans.Kpl.Http.Tests.Serving;

/// <summary>Each test has a server of its own, with the settings by default.</summary>
public abstract class HttpServerTest : IAsyncLifetime
{
    private protected HttpServer Server { get; private set; } = null!;

    public async ValueTask InitializeAsync() => Server = await HttpServer.StartAsync();

    public ValueTask DisposeAsync() => Server.DisposeAsync();
}
