using System.Text;
using Orleans.Kpl.Aws.Credentials;
using Orleans.Kpl.Aws.Endpoints;
using Orleans.Kpl.Aws.Tests.Serving;
using Orleans.Kpl.Aws.Wire;
using Orleans.Kpl.Pipeline.Kinesis;

namespace Orleans.Kpl.Aws.Tests.Operations;

/// <summary>Which dialect <see cref="WireFormat.Auto"/> is, by where the endpoint is.</summary>
public sealed class AutoFormatTests
{
    private static readonly StreamTarget Auto = Gateways.Stream() with { WireFormat = WireFormat.Auto };

    [Theory]
    [InlineData(null, MediaTypes.Cbor)]
    [InlineData("https://kinesis-fips.eu-central-1.amazonaws.com", MediaTypes.Cbor)]
    [InlineData("https://kinesis.eu-central-1.api.aws", MediaTypes.Cbor)]
    [InlineData("https://vpce-0a1b.kinesis.eu-central-1.vpce.amazonaws.com", MediaTypes.Cbor)]
    [InlineData("https://kinesis.example.com", MediaTypes.Json)]
    [InlineData("https://amazonaws.com.example.com", MediaTypes.Json)]
    [InlineData("http://127.0.0.1:4567", MediaTypes.Json)]
    public async Task Put_OfAuto_IsCborAtAwsAlone(string? endpoint, string type)
    {
        var sent = new Recorder();
        using var client = To(endpoint, sent);

        await client.PutRecordsAsync(Auto, Gateways.OneEntry(), default);

        Assert.Equal([type], sent.Types);
    }

    private static KinesisClient To(string? endpoint, HttpMessageHandler handler)
    {
        var options = new KinesisOptions
        {
            Region = "eu-central-1", EndpointUrl = endpoint is null ? null : new Uri(endpoint), AccessKeyId = "key", SecretAccessKey = "secret",
        };
        var location = KinesisLocation.Resolve(options, Gateways.NoEnvironment);
        var credentials = CredentialSources.Create(options, location, Gateways.NoEnvironment, _ => handler, TimeProvider.System);
        return new KinesisClient(handler, location, credentials, useArnHost: false, TimeProvider.System);
    }

    /// <summary>Stands for the network, which has no way to AWS.</summary>
    private sealed class Recorder : HttpMessageHandler
    {
        public List<string?> Types { get; } = [];

        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            Types.Add(request.Content?.Headers.ContentType?.MediaType);
            return Task.FromResult(new HttpResponseMessage { Content = new StringContent(Gateways.Ok, Encoding.UTF8, MediaTypes.Json) });
        }
    }
}
