namespace Orleans.Kpl.LocalKinesis.Tests;

/// <summary>Each test has an endpoint of its own, with the settings by default.</summary>
public abstract class EndpointTest : IAsyncLifetime
{
    private protected TestEndpoint Endpoint { get; private set; } = null!;

    public async ValueTask InitializeAsync() => Endpoint = await TestEndpoint.StartAsync();

    public ValueTask DisposeAsync() => Endpoint.DisposeAsync();
}
