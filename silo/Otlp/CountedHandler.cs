namespace Orleans.Kpl.Otlp;

/// <summary>Tells how the requests of an exporter ended: OpenTelemetry tells it to nobody.</summary>
/// <param name="inner">What sends them.</param>
/// <param name="ended">Is told of each whether it succeeded.</param>
internal sealed class CountedHandler(HttpMessageHandler inner, Action<bool> ended) : DelegatingHandler(inner)
{
    private const string GrpcStatus = "grpc-status";

    /// <inheritdoc />
    protected override HttpResponseMessage Send(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var isDone = false;
        try
        {
            var response = base.Send(request, cancellationToken);
            isDone = IsDone(response);
            return response;
        }
        finally
        {
            ended(isDone);
        }
    }

    /// <inheritdoc />
    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var isDone = false;
        try
        {
            var response = await base.SendAsync(request, cancellationToken);
            // The status of gRPC comes behind the content.
            await response.Content.LoadIntoBufferAsync(cancellationToken);
            isDone = IsDone(response);
            return response;
        }
        finally
        {
            ended(isDone);
        }
    }

    /// <summary>An answer of gRPC is one of HTTP that succeeded, whatever it says.</summary>
    private static bool IsDone(HttpResponseMessage response) =>
        response.IsSuccessStatusCode
        && (response.Content.Headers.ContentType?.MediaType != "application/grpc"
            || (Find(response.TrailingHeaders) ?? Find(response.Headers)) == "0");

    private static string? Find(System.Net.Http.Headers.HttpHeaders headers) =>
        headers.TryGetValues(GrpcStatus, out var values) ? values.FirstOrDefault() : null;
}
