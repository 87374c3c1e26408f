using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using Amazon.Runtime;

namespace Orleans.Kpl.DynamoDb.State;

/// <summary>Lists how a call to DynamoDB can fail, as its SDK throws it. Whoever waits for a row tries again, whichever of these it was.</summary>
internal static class DynamoDbFailures
{
    /// <summary>
    /// The exceptions of calls that failed, with all that derive from them. The SDK reports a call without an answer as time-out or as
    /// cancellation, and passes on what its transport and its reader throw.
    /// </summary>
    public static IReadOnlyList<Type> Kinds { get; } =
    [
        typeof(AmazonServiceException), typeof(AmazonClientException), typeof(HttpRequestException), typeof(WebException), typeof(SocketException),
        typeof(IOException), typeof(TimeoutException), typeof(OperationCanceledException), typeof(JsonException),
    ];

    /// <summary>Whether the call failed; false for a call that its own caller canceled, and for a defect.</summary>
    public static bool IsOne(Exception exception, CancellationToken cancellationToken) =>
        Kinds.Any(k => k.IsInstanceOfType(exception)) && !(exception is OperationCanceledException && cancellationToken.IsCancellationRequested);
}
