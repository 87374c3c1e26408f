using System.Net.Http.Headers;
using System.Text.Json;
using Orleans.Kpl.Aws.Transport;

namespace Orleans.Kpl.Metrics.Datadog;

/// <summary>Calls Datadog. One call is one attempt. Connections are those of Kinesis: its proxy, certificates and time limits.</summary>
internal sealed class DatadogClient : IDisposable
{
    private const int LongestError = 64 << 10;
    private const int LongestReason = 300;

    private readonly DatadogAccess _access;
    private readonly TimeSpan _timeout;
    private readonly TimeProvider _time;
    private readonly HttpMessageInvoker _http;

    private DatadogClient(DatadogAccess access, SocketsHttpHandler handler, TimeSpan timeout, TimeProvider time)
    {
        (_access, _timeout, _time) = (access, timeout, time);
        _http = new HttpMessageInvoker(handler, disposeHandler: true);
    }

    /// <summary>Where calls go.</summary>
    public Uri Address => _access.Address;

    /// <exception cref="KplOptionsException">No call can be made with these settings.</exception>
    public static DatadogClient Create(KplOptions options, Func<string, string?> variable, TimeProvider time)
    {
        var access = DatadogAccess.Resolve(options.Metrics, variable);
        try
        {
            return new DatadogClient(access, KinesisHandler.Create(options.Kinesis, maxConnections: 2), options.RequestTimeout, time);
        }
        catch (Aws.Endpoints.KinesisSettingsException error)
        {
            throw new KplOptionsException([$"Datadog: {error.Message}"]);
        }
    }

    /// <summary>Makes one call.</summary>
    /// <param name="payload">What is sent.</param>
    /// <exception cref="DatadogException">It did not succeed.</exception>
    public async Task PutAsync(DatadogPayload payload, CancellationToken cancellationToken)
    {
        using var limit = new CancellationTokenSource(_timeout, _time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        try
        {
            using var request = MakeRequest(payload);
            using var response = await _http.SendAsync(request, either.Token).ConfigureAwait(false);
            if (!response.IsSuccessStatusCode)
                throw await ReadErrorAsync(response, either.Token).ConfigureAwait(false);
        }
        catch (Exception error) when (error is HttpRequestException or IOException)
        {
            throw new DatadogException(_access.Redact($"ConnectionFailed: {CallFailure.Describe(error)}"), inner: error);
        }
        catch (OperationCanceledException error)
        {
            throw new DatadogException($"RequestTimeout: no answer from {_access.Address.Host} in time", inner: error);
        }
    }

    /// <inheritdoc />
    public void Dispose() => _http.Dispose();

    private HttpRequestMessage MakeRequest(DatadogPayload payload)
    {
        var address = new Uri($"{_access.Address.GetLeftPart(UriPartial.Path).TrimEnd('/')}/{payload.Path}");
        var request = new HttpRequestMessage(HttpMethod.Post, address) { Content = new ByteArrayContent(payload.Body) };
        request.Headers.Add("DD-API-KEY", _access.ApiKey);
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        request.Content.Headers.ContentEncoding.Add(payload.Encoding);
        return request;
    }

    /// <summary>Values that were refused as such are refused again; a wrong key, too many calls and a fault of the server's pass.</summary>
    private async Task<DatadogException> ReadErrorAsync(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        var buffer = new byte[LongestError];
        using var stream = await response.Content.ReadAsStreamAsync(cancellationToken).ConfigureAwait(false);
        var length = await stream.ReadAtLeastAsync(buffer, LongestError, throwOnEndOfStream: false, cancellationToken).ConfigureAwait(false);
        var status = (int)response.StatusCode;
        return new DatadogException(_access.Redact($"Http{status}: {ReasonOf(buffer.AsSpan(0, length), status)}"), isForGood: status is 400 or 413);
    }

    private static string ReasonOf(ReadOnlySpan<byte> body, int status)
    {
        try
        {
            var reader = new Utf8JsonReader(body);
            using var document = JsonDocument.ParseValue(ref reader);
            if (document.RootElement is { ValueKind: JsonValueKind.Object } root && root.TryGetProperty("errors", out var errors)
                && errors is { ValueKind: JsonValueKind.Array })
            {
                var text = string.Join("; ", errors.EnumerateArray().Select(static e => e.ToString()));
                return text.Length <= LongestReason ? text : text[..LongestReason];
            }
        }
        catch (JsonException)
        {
            // Told below: a proxy may have answered.
        }

        return status == 403 ? "the key is not allowed" : "an answer that is not Datadog's";
    }
}
