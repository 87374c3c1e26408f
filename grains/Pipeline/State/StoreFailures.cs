using System.Net;
using System.Net.Sockets;
using System.Text.Json;

namespace Orleans.Kpl.Pipeline.State;

/// <summary>
/// Lists how a call to a store over the network can fail beside the store's own refusals. A call without an answer is told as time-out or as
/// cancellation, and what the transport and the reader throw is passed on. Whoever waits for the store tries again, whichever of these it was.
/// </summary>
internal static class StoreFailures
{
    /// <summary>The exceptions of calls that failed, with all that derive from them.</summary>
    public static IReadOnlyList<Type> Kinds { get; } =
    [
        typeof(HttpRequestException), typeof(WebException), typeof(SocketException), typeof(IOException), typeof(TimeoutException),
        typeof(OperationCanceledException), typeof(JsonException),
    ];

    /// <summary>Whether the call failed; false for a call that its own caller canceled, and for a defect.</summary>
    /// <param name="exception">What the call threw.</param>
    /// <param name="kinds">The kinds that count as failures of a call.</param>
    /// <param name="cancellationToken">The caller's own.</param>
    public static bool IsOne(Exception exception, IReadOnlyList<Type> kinds, CancellationToken cancellationToken) =>
        kinds.Any(k => k.IsInstanceOfType(exception)) && !(exception is OperationCanceledException && cancellationToken.IsCancellationRequested);
}
