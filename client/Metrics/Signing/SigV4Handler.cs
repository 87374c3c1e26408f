using System.Net;
using System.Security.Cryptography;
using Orleans.Kpl.Aws.Endpoints;
using Orleans.Kpl.Aws.Signing;
using Orleans.Kpl.Aws.Transport;
using Orleans.Kpl.Metrics.CloudWatch;
using Orleans.Kpl.Pipeline.Kinesis;

namespace Orleans.Kpl.Metrics;

/// <summary>
/// Signs HTTP requests with AWS Signature Version 4, so that any OTLP exporter can send to CloudWatch
/// (<c>https://monitoring.REGION.amazonaws.com/v1/metrics</c>) and X-Ray (<c>https://xray.REGION.amazonaws.com/v1/traces</c>). Requests that are sent
/// synchronously, as OpenTelemetry's exporter does, are signed too. Region and credentials are those of <see cref="MetricsOptions"/>, or of Kinesis where
/// these are not set; temporary ones are renewed. A refused request is signed and sent once more where newer credentials or a better clock may help.
/// </summary>
public sealed class SigV4Handler : DelegatingHandler
{
    private static readonly string[] Own = ["x-amz-date", "x-amz-security-token", "Authorization"];

    private readonly CloudWatchAccess _access;
    private readonly RequestSigner _signer;

    /// <summary>Creates a handler.</summary>
    /// <param name="options">The settings: region, credentials, proxy.</param>
    /// <param name="service">The service's name in signatures: <c>monitoring</c> for CloudWatch, <c>xray</c> for traces.</param>
    /// <param name="inner">Sends the requests; null for connections of its own. It is disposed with this handler.</param>
    /// <param name="time">The clock; null for the system's.</param>
    /// <exception cref="KplOptionsException">The settings are invalid.</exception>
    public SigV4Handler(KplOptions options, string service = "monitoring", HttpMessageHandler? inner = null, TimeProvider? time = null)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentException.ThrowIfNullOrWhiteSpace(service);
        _access = CloudWatchAccess.Resolve(options, time ?? TimeProvider.System);
        InnerHandler = inner ?? _access.Handler;
        _signer = new RequestSigner(_access.Region, service);
    }

    /// <summary>CloudWatch's address by the settings.</summary>
    internal Uri Address => _access.Address;

    /// <inheritdoc />
    /// <exception cref="HttpRequestException">There are no credentials, or the request could not be sent.</exception>
    protected override HttpResponseMessage Send(HttpRequestMessage request, CancellationToken cancellationToken) =>
        // Only credentials are waited for, and a read of the body, which is in memory.
        SendSignedAsync(request, r => Task.FromResult(base.Send(r, cancellationToken)), cancellationToken).GetAwaiter().GetResult();

    /// <inheritdoc />
    /// <exception cref="HttpRequestException">There are no credentials, or the request could not be sent.</exception>
    protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken) =>
        SendSignedAsync(request, r => base.SendAsync(r, cancellationToken), cancellationToken);

    /// <inheritdoc />
    protected override void Dispose(bool disposing)
    {
        if (disposing)
            _access.Handler.Dispose();
        base.Dispose(disposing);
    }

    private async Task<HttpResponseMessage> SendSignedAsync(
        HttpRequestMessage request, Func<HttpRequestMessage, Task<HttpResponseMessage>> send, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(request);
        var body = request.Content is { } content ? await content.ReadAsByteArrayAsync(cancellationToken).ConfigureAwait(false) : [];
        for (var again = false; ; again = true)
        {
            var keys = await CredentialsAsync(cancellationToken).ConfigureAwait(false);
            var signedAt = _access.Clock.UtcNow;
            Sign(request, body, _signer, keys, signedAt);
            var response = await send(request).ConfigureAwait(false);
            if (again || response.StatusCode is not (HttpStatusCode.Forbidden or HttpStatusCode.Unauthorized)
                || !await SecondSignature.CanBeBetterAsync(_access.Clock, _access.Credentials, keys, signedAt, response.Headers.Date, cancellationToken)
                    .ConfigureAwait(false))
                return response;
            response.Dispose();
        }
    }

    private async ValueTask<SigningCredentials> CredentialsAsync(CancellationToken cancellationToken)
    {
        try
        {
            return await _access.Credentials.GetAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (KinesisException error)
        {
            // The one exception that exporters expect.
            throw new HttpRequestException($"the request cannot be signed: {error.Message}", error);
        }
    }

    /// <summary>Signs a request; one that is signed already is signed anew.</summary>
    internal static void Sign(HttpRequestMessage request, byte[] body, RequestSigner signer, SigningCredentials keys, DateTimeOffset time)
    {
        var endpoint = new KinesisEndpoint(request.RequestUri ?? throw new InvalidOperationException("the request has no address"));
        foreach (var name in Own)
            request.Headers.Remove(name);
        request.Headers.Host = endpoint.Host;
        SignedHeader[] headers =
        [
            .. request.Content?.Headers.ContentType is { } type ? [new SignedHeader("content-type", type.ToString())] : (SignedHeader[])[],
            new("host", endpoint.Host), new("x-amz-date", RequestSigner.FormatTime(time)),
            .. keys.SessionToken is { } token ? [new SignedHeader("x-amz-security-token", token)] : (SignedHeader[])[],
        ];
        var toSign = new RequestToSign
        {
            Method = request.Method.Method, CanonicalPath = endpoint.CanonicalPath, CanonicalQuery = QueryOf(endpoint.Address), Headers = headers,
            BodyHash = SHA256.HashData(body),
        };
        SignedHeaders.AddTo(request, headers, signer.Sign(toSign, keys, time));
    }

    /// <summary>The query as signatures have it: each name and value encoded, in the order of names.</summary>
    private static string QueryOf(Uri address) => string.Join('&', address.Query.TrimStart('?').Split('&', StringSplitOptions.RemoveEmptyEntries)
        .Select(static p => p.Split('=', 2))
        .Select(static p => (Name: Encode(p[0]), Value: p.Length > 1 ? Encode(p[1]) : ""))
        .OrderBy(static p => p.Name, StringComparer.Ordinal).ThenBy(static p => p.Value, StringComparer.Ordinal)
        .Select(static p => $"{p.Name}={p.Value}"));

    private static string Encode(string part) => Uri.EscapeDataString(Uri.UnescapeDataString(part));
}
