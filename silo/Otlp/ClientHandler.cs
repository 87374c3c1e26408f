namespace Orleans.Kpl.Otlp;

/// <summary>
/// Sends by a client that somebody else has made: OpenTelemetry's own has what its variables say of certificates and time limits. A request is sent by one
/// client only, so that one gets a copy.
/// </summary>
internal sealed class ClientHandler(HttpClient client) : HttpMessageHandler
{
    /// <inheritdoc />
    protected override HttpResponseMessage Send(HttpRequestMessage request, CancellationToken cancellationToken) =>
        client.Send(Copy(request), cancellationToken);

    /// <inheritdoc />
    protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken) =>
        client.SendAsync(Copy(request), cancellationToken);

    /// <inheritdoc />
    protected override void Dispose(bool disposing)
    {
        if (disposing)
            client.Dispose();
        base.Dispose(disposing);
    }

    // It owns nothing but its content, which is the first one's.
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
