using System.Net;

namespace Orleans.Kpl.Cli.Tier;

/// <summary>One HTTP answer, read whole.</summary>
/// <param name="RetryAfter">How long the tier asks to wait before the next try; null if it does not say.</param>
internal sealed record TierReply(HttpStatusCode Status, TimeSpan? RetryAfter, ReadOnlyMemory<byte> Body)
{
    public static async Task<TierReply> ReadAsync(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        var body = new MemoryStream((int)Math.Clamp(response.Content.Headers.ContentLength ?? 4096, 0, 1 << 20));
        // Not of the content: that would put an error of its own around the connection's.
        var stream = await response.Content.ReadAsStreamAsync(cancellationToken).ConfigureAwait(false);
        await stream.CopyToAsync(body, cancellationToken).ConfigureAwait(false);
        return new TierReply(response.StatusCode, response.Headers.RetryAfter?.Delta, body.GetBuffer().AsMemory(0, (int)body.Length));
    }

    /// <summary>Whether a request without an answer may have reached the tier: there was a connection.</summary>
    public static bool MayHaveBeenSent(HttpRequestException error) => error.HttpRequestError is not (HttpRequestError.ConnectionError
        or HttpRequestError.NameResolutionError or HttpRequestError.SecureConnectionError or HttpRequestError.ProxyTunnelError);
}

/// <summary>A request that got no answer. Unless <see cref="NotSent"/>, it is unknown whether the tier accepted its records.</summary>
internal sealed class TierException(string code, string message, bool notSent, Exception? inner = null) : Exception(message, inner)
{
    /// <summary>One of <see cref="RecordErrorCodes"/>.</summary>
    public string Code { get; } = code;

    /// <summary>Whether nothing of the request reached the tier.</summary>
    public bool NotSent { get; } = notSent;
}
