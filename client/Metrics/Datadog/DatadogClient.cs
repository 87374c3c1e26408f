using System.Net.Http.Headers;
using System.Text.Json;
using Orleans.Kpl.Aws.Endpoints;
using Orleans.Kpl.Aws.Transport;
using Orleans.Kpl.Metrics.Uploading;

namespace Orleans.Kpl.Metrics.Datadog;

/// <summary>Calls Datadog. One call is one attempt. Connections have Kinesis' proxy, authorities and time limits; the certificate is always checked.</summary>
internal sealed class DatadogClient(DatadogAccess access, SocketsHttpHandler handler, TimeSpan timeout, TimeProvider time) : IDisposable
{
    private const int LongestReason = 300;

    private readonly HttpMessageInvoker _http = new(handler, disposeHandler: true);

    /// <summary>The address of Datadog that calls go to.</summary>
    public Uri Address => access.Address;

    /// <exception cref="KplOptionsException">No call can be made with these settings.</exception>
    public static DatadogClient Create(KplOptions options, Func<string, string?> variable, TimeProvider time)
    {
        var access = DatadogAccess.Resolve(options.Metrics, variable);
        try
        {
            return new DatadogClient(access, KinesisHandler.Create(CertificateTrust.ForAws(options.Kinesis), maxConnections: 2), options.RequestTimeout, time);
        }
        catch (KinesisSettingsException error)
        {
            throw new KplOptionsException([$"Datadog: {error.Message}"]);
        }
    }

    /// <summary>Makes one call.</summary>
    /// <exception cref="SinkException">It did not succeed.</exception>
    public Task PutAsync(DatadogPayload payload, CancellationToken cancellationToken) => SinkCall.TryAsync(access.Address.Host, timeout, time, async limit =>
    {
        using var request = MakeRequest(payload);
        using var response = await _http.SendAsync(request, limit).ConfigureAwait(false);
        if (response.IsSuccessStatusCode)
            return;
        // Values that were refused as such are refused again; a wrong key, too many calls and a fault of the server's pass.
        var status = (int)response.StatusCode;
        var body = await SinkCall.ReadErrorAsync(response, limit).ConfigureAwait(false);
        throw new SinkException($"Http{status}", access.Redact(ReasonOf(body.Span, status)), isForGood: status is 400 or 413);
    }, access.Redact, cancellationToken);

    public void Dispose() => _http.Dispose();

    private HttpRequestMessage MakeRequest(DatadogPayload payload)
    {
        var address = new Uri($"{access.Address.GetLeftPart(UriPartial.Path).TrimEnd('/')}/{payload.Path}");
        var request = new HttpRequestMessage(HttpMethod.Post, address) { Content = new ByteArrayContent(payload.Body) };
        request.Headers.Add("DD-API-KEY", access.ApiKey);
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        request.Content.Headers.ContentEncoding.Add(payload.Encoding);
        return request;
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

/// <summary>How Datadog is reached: the settings, and Datadog's own variables where there are none.</summary>
/// <param name="ApiKey">The key, which is shown nowhere.</param>
internal sealed record DatadogAccess(Uri Address, string ApiKey)
{
    private const string KeyVariable = "DD_API_KEY";
    private const string SiteVariable = "DD_SITE";
    private const string DefaultSite = "datadoghq.com";

    /// <summary>Finds out how, from settings that were checked.</summary>
    /// <param name="variable">Reads a variable of the environment.</param>
    /// <exception cref="KplOptionsException">There is no key, or a variable cannot work.</exception>
    public static DatadogAccess Resolve(MetricsOptions options, Func<string, string?> variable)
    {
        var errors = FindErrors(options, variable);
        return errors.Count == 0
            ? new DatadogAccess(options.DatadogUrl ?? new Uri($"https://api.{SiteOf(options, variable)}"), KeyOf(options, variable)!)
            : throw new KplOptionsException(errors);
    }

    /// <summary>Returns what is wrong beside the settings themselves: variables are not read where a setting has the value.</summary>
    public static IReadOnlyList<string> FindErrors(MetricsOptions options, Func<string, string?> variable)
    {
        List<string> errors = [];
        var (key, site) = (KeyOf(options, variable), SiteOf(options, variable));
        if (key is null)
            errors.Add($"Kpl:Metrics:Sinks has 'Datadog', and neither Kpl:Metrics:DatadogApiKey nor {KeyVariable} has a key for it");
        else if (key != options.DatadogApiKey && !key.All(static c => c is > ' ' and <= '~'))
            errors.Add($"{KeyVariable} has a value that is not allowed: visible ASCII characters");
        if (site != options.DatadogSite && Uri.CheckHostName(site) is not (UriHostNameType.Dns or UriHostNameType.IPv4))
            errors.Add($"{SiteVariable} is '{site}': a host name, such as datadoghq.eu");
        return errors;
    }

    private static string? KeyOf(MetricsOptions options, Func<string, string?> variable) =>
        options.DatadogApiKey is { Length: > 0 } own ? own : ValueOf(KeyVariable, variable);

    private static string SiteOf(MetricsOptions options, Func<string, string?> variable) =>
        options.DatadogSite is { Length: > 0 } own ? own : (options.DatadogUrl is null ? ValueOf(SiteVariable, variable) : null) ?? DefaultSite;

    private static string? ValueOf(string name, Func<string, string?> variable) => variable(name)?.Trim() is { Length: > 0 } text ? text : null;

    /// <summary>Returns a text without the key.</summary>
    public string Redact(string text) => text.Replace(ApiKey, "***", StringComparison.Ordinal);

    /// <summary>Tells the address alone.</summary>
    public override string ToString() => Address.ToString();
}
