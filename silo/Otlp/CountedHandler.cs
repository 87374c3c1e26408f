namespace Orleans.Kpl.Otlp;

/// <summary>Tells how the requests of an exporter ended: OpenTelemetry tells it to nobody.</summary>
/// <param name="ended">Is told of each whether it succeeded.</param>
internal sealed class CountedHandler(HttpMessageHandler inner, Action<bool> ended) : DelegatingHandler(inner)
{
    private const string GrpcStatus = "grpc-status";

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

/// <summary>
/// Sends by a client that somebody else has made: OpenTelemetry's own has what its variables say of certificates and time limits. A request is sent by one
/// client only, so that one gets a copy.
/// </summary>
internal sealed class ClientHandler(HttpClient client) : HttpMessageHandler
{
    protected override HttpResponseMessage Send(HttpRequestMessage request, CancellationToken cancellationToken) =>
        client.Send(Copy(request), cancellationToken);

    protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken) =>
        client.SendAsync(Copy(request), cancellationToken);

    protected override void Dispose(bool disposing)
    {
        if (disposing)
            client.Dispose();
        base.Dispose(disposing);
    }

    // The copy owns nothing but its content, which is the first one's.
    private static HttpRequestMessage Copy(HttpRequestMessage request)
    {
        var copy = new HttpRequestMessage(request.Method, request.RequestUri)
        {
            Content = request.Content, Version = request.Version, VersionPolicy = request.VersionPolicy,
        };
        foreach (var (name, values) in request.Headers.NonValidated)
            copy.Headers.TryAddWithoutValidation(name, values);
        return copy;
    }
}
