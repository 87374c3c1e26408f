using System.IO.Compression;
using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Xml;
using System.Xml.Linq;
using Orleans.Kpl.Aws.Credentials;
using Orleans.Kpl.Aws.Endpoints;
using Orleans.Kpl.Aws.Signing;
using Orleans.Kpl.Aws.Transport;
using Orleans.Kpl.Metrics.Uploading;
using Orleans.Kpl.Pipeline.Kinesis;

namespace Orleans.Kpl.Metrics.CloudWatch;

/// <summary>Calls CloudWatch: compressed forms, signed. One call is one attempt, and a second one where a better clock or newer credentials help.</summary>
internal sealed class CloudWatchClient(CloudWatchAccess access, TimeSpan timeout, TimeProvider time) : IDisposable
{
    private const string ContentType = "application/x-www-form-urlencoded; charset=utf-8";

    private readonly RequestSigner _signer = new(access.Region, "monitoring");
    private readonly HttpMessageInvoker _http = new(access.Handler, disposeHandler: true);

    /// <summary>Makes a client with CloudWatch's own settings, and those of Kinesis where there are none.</summary>
    /// <exception cref="KplOptionsException">No call can be made with these settings.</exception>
    public static CloudWatchClient Create(KplOptions options, TimeProvider time, AwsEnvironment? environment = null) =>
        new(CloudWatchAccess.Resolve(options, time, environment), options.RequestTimeout, time);

    /// <summary>How far CloudWatch's clock is ahead of this machine's, as far as that is known.</summary>
    public TimeSpan Offset => access.Clock.Offset;

    /// <summary>Makes one call.</summary>
    /// <param name="form">Writes the form, not compressed: anew for a second attempt, since <see cref="Offset"/> may be another then.</param>
    /// <exception cref="SinkException">It did not succeed.</exception>
    public Task PutAsync(Func<byte[]> form, CancellationToken cancellationToken) => SinkCall.TryAsync(access.Address.Authority, timeout, time, async limit =>
    {
        try
        {
            await TryTwiceAsync(form, limit).ConfigureAwait(false);
        }
        catch (KinesisException error)
        {
            throw new SinkException(error.Code, error.Message, inner: error);
        }
    }, static text => text, cancellationToken);

    public void Dispose() => _http.Dispose();

    private static byte[] Compress(byte[] form)
    {
        using var compressed = new MemoryStream();
        using (var gzip = new GZipStream(compressed, CompressionLevel.Fastest))
            gzip.Write(form);
        return compressed.ToArray();
    }

    private async Task TryTwiceAsync(Func<byte[]> form, CancellationToken limit)
    {
        for (var again = false; ; again = true)
        {
            var keys = await access.Credentials.GetAsync(limit).ConfigureAwait(false);
            var signedAt = access.Clock.UtcNow;
            var body = Compress(form());
            using var request = new HttpRequestMessage(HttpMethod.Post, access.Address) { Content = new ByteArrayContent(body) };
            request.Content.Headers.ContentType = MediaTypeHeaderValue.Parse(ContentType);
            request.Content.Headers.ContentEncoding.Add("gzip");
            SigV4Handler.Sign(request, body, _signer, keys, signedAt);
            using var response = await _http.SendAsync(request, limit).ConfigureAwait(false);
            if (response.IsSuccessStatusCode)
                return;
            var error = await ReadErrorAsync(response, limit).ConfigureAwait(false);
            if (again || !SignatureErrors.IsCorrectable(error.Code)
                || !await SecondSignature.CanBeBetterAsync(
                    access.Clock, access.Credentials, keys, signedAt, response.Headers.Date, limit).ConfigureAwait(false))
                throw error;
        }
    }

    private static async Task<SinkException> ReadErrorAsync(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        var body = await SinkCall.ReadErrorAsync(response, cancellationToken).ConfigureAwait(false);
        var (code, message) = Parse(Encoding.UTF8.GetString(body.Span));
        var isForGood = response.StatusCode == HttpStatusCode.BadRequest
            && (code.StartsWith("Invalid", StringComparison.Ordinal) && code != "InvalidClientTokenId"
                || code.StartsWith("MissingParameter", StringComparison.Ordinal) || code == "MissingRequiredParameterException" || code == "ValidationError");
        return new SinkException(code.Length > 0 ? code : $"Http{(int)response.StatusCode}", message, isForGood);
    }

    private static (string Code, string Message) Parse(string text)
    {
        try
        {
            var error = XDocument.Parse(text).Descendants().FirstOrDefault(static e => e.Name.LocalName == "Error");
            return (Of("Code"), Of("Message"));

            string Of(string name) => error?.Elements().FirstOrDefault(e => e.Name.LocalName == name)?.Value.Trim() ?? "";
        }
        catch (XmlException)
        {
            return ("", "an answer that is no XML");
        }
    }
}

/// <summary>How CloudWatch is reached: its own settings, and those of Kinesis where there are none.</summary>
/// <param name="Handler">The connections; whoever asked for them disposes them.</param>
internal sealed record CloudWatchAccess(Uri Address, string Region, ICredentialSource Credentials, ServerClock Clock, HttpMessageHandler Handler)
{
    /// <exception cref="KplOptionsException">No call can be made with these settings.</exception>
    public static CloudWatchAccess Resolve(KplOptions options, TimeProvider time, AwsEnvironment? environment = null)
    {
        try
        {
            var (settings, found) = (CloudWatchSettings.Of(options), environment ?? AwsEnvironment.Process);

            // Its own keys take the place of Kinesis' profile, and another one has a region of its own, or none.
            if (!string.IsNullOrEmpty(options.Kinesis.Profile) && settings.Profile != options.Kinesis.Profile)
                settings.Region ??= KinesisLocation.Resolve(options.Kinesis, found).Region;
            var reached = AwsConnection.Open(AwsService.CloudWatch, settings, found, maxConnections: 2, time);
            var (where, what) = (reached.Location, reached.Credentials);
            return new CloudWatchAccess(where.Endpoint, where.Region, what.For(null), what.Clock, reached.Handler);
        }
        catch (KinesisSettingsException error)
        {
            throw new KplOptionsException([$"CloudWatch: {error.Message}"]);
        }
    }
}
