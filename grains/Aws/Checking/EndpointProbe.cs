using System.Net;
using Orleans.Kpl.Aws.Transport;
using static System.FormattableString;

namespace Orleans.Kpl.Aws.Checking;

/// <summary>Asks an endpoint for anything at all: an unsigned request, to which any answer will do.</summary>
internal static class EndpointProbe
{
    /// <param name="http">The connections that calls would use.</param>
    /// <param name="proxy">The proxy of the settings that they go through; null for none.</param>
    /// <param name="limit">How long to wait for the answer.</param>
    /// <param name="dateSeen">Is called with the answer's time, where it has one.</param>
    public static async Task<EndpointAnswer> AskAsync(
        HttpMessageInvoker http, Uri endpoint, string? proxy, TimeSpan limit, Action<DateTimeOffset> dateSeen, TimeProvider time,
        CancellationToken cancellationToken)
    {
        var startedAt = time.GetTimestamp();
        using var timeout = new CancellationTokenSource(limit, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, cancellationToken);
        try
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, endpoint) { Version = HttpVersion.Version11 };
            using var response = await http.SendAsync(request, either.Token).ConfigureAwait(false);
            if (response.Headers.Date is { } date)
                dateSeen(date);
            return new(EndpointTrouble.None, "", time.GetElapsedTime(startedAt));
        }
        catch (OperationCanceledException) when (timeout.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            return new(EndpointTrouble.Silence, Invariant($"no answer within {limit.TotalSeconds:0.#} s"), time.GetElapsedTime(startedAt));
        }
        catch (Exception error) when (IsFailure(error, cancellationToken))
        {
            var (trouble, message) = (TroubleOf(error), CallFailure.Describe(error).TrimEnd('.'));
            // Whoever goes through a proxy connects to nobody else, and has it resolve the endpoint's name.
            if (proxy is not null && trouble is EndpointTrouble.Connection or EndpointTrouble.Name)
                (trouble, message) = (EndpointTrouble.Proxy, $"Kpl:Kinesis:ProxyHost: the proxy {proxy} is not reached: {message}");
            return new(trouble, message, time.GetElapsedTime(startedAt));
        }
    }

    /// <summary>A connection that exceeds its own time limit is told as a cancellation too.</summary>
    private static bool IsFailure(Exception error, CancellationToken cancellationToken) =>
        error is HttpRequestException or IOException || (error is OperationCanceledException && !cancellationToken.IsCancellationRequested);

    private static EndpointTrouble TroubleOf(Exception error) => error is not HttpRequestException http
        ? EndpointTrouble.Connection
        : http.HttpRequestError switch
        {
            HttpRequestError.NameResolutionError => EndpointTrouble.Name,
            HttpRequestError.SecureConnectionError => CallFailure.IsWithoutTls(error) ? EndpointTrouble.NoTls : EndpointTrouble.Tls,
            HttpRequestError.ProxyTunnelError => EndpointTrouble.Proxy,
            HttpRequestError.ResponseEnded or HttpRequestError.InvalidResponse => EndpointTrouble.Silence,
            _ => EndpointTrouble.Connection,
        };
}

/// <summary>The answer to an unsigned request, which tells only whether anything answers at an address.</summary>
/// <param name="Trouble">What stood in the way; <see cref="EndpointTrouble.None"/> after an answer.</param>
/// <param name="Message">The reason in words; empty after an answer.</param>
/// <param name="Elapsed">How long it took.</param>
internal readonly record struct EndpointAnswer(EndpointTrouble Trouble, string Message, TimeSpan Elapsed);

/// <summary>A reason why requests do not reach an endpoint.</summary>
internal enum EndpointTrouble
{
    /// <summary>Nothing: it answered.</summary>
    None,

    /// <summary>The host's name does not resolve.</summary>
    Name,

    /// <summary>No connection could be made.</summary>
    Connection,

    /// <summary>The certificate is not trusted, or TLS failed otherwise.</summary>
    Tls,

    /// <summary>The server that answers speaks no TLS.</summary>
    NoTls,

    /// <summary>The proxy refused, or cannot be reached.</summary>
    Proxy,

    /// <summary>A connection was made, and no answer came.</summary>
    Silence,

    /// <summary>It was not asked, because settings keep it from being known.</summary>
    NotAsked,
}
