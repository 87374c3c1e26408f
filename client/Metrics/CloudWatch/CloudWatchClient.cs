using System.IO.Compression;
using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Xml;
using System.Xml.Linq;
using Orleans.Kpl.Aws.Endpoints;
using Orleans.Kpl.Aws.Transport;
using Orleans.Kpl.Metrics.Uploading;
using Orleans.Kpl.Pipeline.Kinesis;

namespace Orleans.Kpl.Metrics.CloudWatch;

/// <summary>Calls CloudWatch: compressed forms, signed. One call is one attempt.</summary>
internal sealed class CloudWatchClient : IDisposable
{
    private static readonly MediaTypeHeaderValue ContentType = MediaTypeHeaderValue.Parse("application/x-www-form-urlencoded; charset=utf-8");

    private readonly Uri _address;
    private readonly TimeProvider _time;
    private readonly TimeSpan _timeout;
    private readonly HttpMessageInvoker _http;

    private CloudWatchClient(SigV4Handler signing, TimeSpan timeout, TimeProvider time)
    {
        (_address, _timeout, _time) = (signing.Address, timeout, time);
        _http = new HttpMessageInvoker(signing, disposeHandler: true);
    }

    /// <summary>Makes a client with CloudWatch's own settings, and those of Kinesis where there are none.</summary>
    /// <exception cref="KplOptionsException">No call can be made with these settings.</exception>
    public static CloudWatchClient Create(KplOptions options, TimeProvider time, AwsEnvironment? environment = null) =>
        new(new SigV4Handler(SigV4Handler.Connect(options, time, environment)), options.RequestTimeout, time);

    /// <summary>Makes one call.</summary>
    /// <param name="form">The form, not compressed.</param>
    /// <exception cref="SinkException">It did not succeed.</exception>
    public Task PutAsync(byte[] form, CancellationToken cancellationToken)
    {
        var body = Compress(form);
        return SinkCall.TryAsync(_address.Authority, _timeout, _time, async limit =>
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, _address) { Content = new ByteArrayContent(body) };
            request.Headers.TryAddWithoutValidation("User-Agent", SignedHeaders.UserAgent);
            request.Content.Headers.ContentType = ContentType;
            request.Content.Headers.ContentEncoding.Add("gzip");
            try
            {
                using var response = await _http.SendAsync(request, limit).ConfigureAwait(false);
                if (!response.IsSuccessStatusCode)
                    throw await ReadErrorAsync(response, limit).ConfigureAwait(false);
            }
            catch (HttpRequestException error) when (error.InnerException is KinesisException credentials)
            {
                throw new SinkException(credentials.Code, credentials.Message, inner: error);
            }
        }, static text => text, cancellationToken);
    }

    public void Dispose() => _http.Dispose();

    private static byte[] Compress(byte[] form)
    {
        using var compressed = new MemoryStream();
        using (var gzip = new GZipStream(compressed, CompressionLevel.Fastest))
            gzip.Write(form);
        return compressed.ToArray();
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
