using Amazon.Runtime;
using Orleans.Kpl.Pipeline.State;

namespace Orleans.Kpl.DynamoDb.State;

/// <summary>Lists how a call to DynamoDB can fail, as its SDK throws it: its own exceptions, and those of every call over the network.</summary>
internal static class DynamoDbFailures
{
    /// <summary>The exceptions of calls that failed, with all that derive from them.</summary>
    public static IReadOnlyList<Type> Kinds { get; } = [typeof(AmazonServiceException), typeof(AmazonClientException), .. StoreFailures.Kinds];

    /// <summary>Whether the call failed; false for a call that its own caller canceled, and for a defect.</summary>
    public static bool IsOne(Exception exception, CancellationToken cancellationToken) => StoreFailures.IsOne(exception, Kinds, cancellationToken);
}
