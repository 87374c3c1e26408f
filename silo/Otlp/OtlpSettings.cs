using Microsoft.Extensions.Configuration;

namespace Orleans.Kpl.Otlp;

/// <summary>
/// The variables of OpenTelemetry that say whether a tier exports, and of what kind (OpenTelemetry specification, "OTLP exporter configuration"). The
/// exporter reads the rest by itself. It takes values that it does not understand for none and tells nobody, so these are checked here.
/// </summary>
/// <param name="Metrics">Where metrics go; null for nowhere.</param>
/// <param name="Traces">Where spans go; null for nowhere.</param>
internal sealed record OtlpSettings(Uri? Metrics, Uri? Traces)
{
    private const string Endpoint = "OTEL_EXPORTER_OTLP_ENDPOINT";
    private const string MetricsEndpoint = "OTEL_EXPORTER_OTLP_METRICS_ENDPOINT";
    private const string TracesEndpoint = "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT";

    private static readonly string[] Endpoints = [Endpoint, MetricsEndpoint, TracesEndpoint];
    private static readonly string[] Protocols =
        ["OTEL_EXPORTER_OTLP_PROTOCOL", "OTEL_EXPORTER_OTLP_METRICS_PROTOCOL", "OTEL_EXPORTER_OTLP_TRACES_PROTOCOL"];

    /// <summary>Whether OpenTelemetry is turned off: then nothing is sent, wherever to.</summary>
    public static bool AreOff(IConfiguration variables) => Is(variables, "OTEL_SDK_DISABLED", "true");

    /// <summary>Reads them.</summary>
    /// <param name="variables">The environment, or whatever has the same names.</param>
    /// <param name="errors">What cannot work; empty where all can.</param>
    public static OtlpSettings Read(IConfiguration variables, out IReadOnlyList<string> errors)
    {
        errors =
        [
            .. Endpoints.Select(n => TextOf(variables, n) is { } text ? FindError(n, text) : null).OfType<string>(),
            .. Protocols.Where(n => TextOf(variables, n) is { } text && text is not ("grpc" or "http/protobuf"))
                .Select(n => $"{n} is '{TextOf(variables, n)}': allowed are grpc, http/protobuf"),
        ];
        return new OtlpSettings(
            Is(variables, "OTEL_METRICS_EXPORTER", "none") ? null : Of(variables, MetricsEndpoint),
            Is(variables, "OTEL_TRACES_EXPORTER", "none") ? null : Of(variables, TracesEndpoint));
    }

    private static Uri? Of(IConfiguration variables, string own) =>
        TextOf(variables, own) is { } text ? UrlOf(text) : TextOf(variables, Endpoint) is { } common ? UrlOf(common) : null;

    private static string? TextOf(IConfiguration variables, string name) =>
        variables[name]?.Trim() is { Length: > 0 } text ? text : null;

    private static bool Is(IConfiguration variables, string name, string value) =>
        string.Equals(TextOf(variables, name), value, StringComparison.OrdinalIgnoreCase);

    /// <summary>Returns a URL that can be exported to; null if the text is none.</summary>
    public static Uri? UrlOf(string text) =>
        Uri.TryCreate(text, UriKind.Absolute, out var url) && url.Scheme is "http" or "https" ? url : null;

    /// <summary>The exporter sends no user and no password that an endpoint has, and logs are no place for them.</summary>
    private static string? FindError(string name, string text) => UrlOf(text) switch
    {
        { UserInfo.Length: > 0 } => $"{name} has a user or a password, which would not be sent: credentials go into OTEL_EXPORTER_OTLP_HEADERS",
        null => (text.Contains('@', StringComparison.Ordinal) ? $"{name} is no endpoint" : $"{name} is '{text}'")
            + ": expected is a URL with http or https, such as http://collector:4317",
        _ => null,
    };
}
