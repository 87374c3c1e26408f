using Amazon.Runtime;

namespace Orleans.Kpl.Aws.Credentials;

/// <summary>Connects to STS the way Kinesis is reached: through the same proxy, trusting the same certificates.</summary>
internal sealed class StsConnections(HttpMessageHandler handler) : HttpClientFactory
{
    public override HttpClient CreateHttpClient(IClientConfig clientConfig) => new(handler, disposeHandler: false);

    /// <summary>False: the clients are as short-lived as the calls, and the handler keeps the connections.</summary>
    public override bool UseSDKHttpClientCaching(IClientConfig clientConfig) => false;

    public override bool DisposeHttpClientsAfterUse(IClientConfig clientConfig) => true;
}
