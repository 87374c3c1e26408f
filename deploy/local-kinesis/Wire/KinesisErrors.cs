namespace Orleans.Kpl.LocalKinesis.Wire;

/// <summary>The service's errors, in its words. Those of its front end carry a prefix, its own do not.</summary>
internal static class KinesisErrors
{
    public const string Account = "000000000000";
    public const string Region = "us-east-1";

    public static KinesisException ResourceNotFound(string stream) =>
        new("ResourceNotFoundException", $"Stream {stream} under account {Account} not found.");

    public static KinesisException ShardNotFound(string shard, string stream) =>
        new("ResourceNotFoundException", $"Could not find shard {shard} in stream {stream} under account {Account}.");

    public static KinesisException ConsumerNotFound(string title) => new("ResourceNotFoundException", $"{title} not found.");

    public static KinesisException PolicyNotFound(string arn) => new("ResourceNotFoundException", $"No resource policy found for resource ARN {arn}.");

    public static KinesisException ResourceInUse(string message) => new("ResourceInUseException", message);

    public static KinesisException NotActive(string stream, StreamStatus status) =>
        ResourceInUse($"Stream {stream} under account {Account} not ACTIVE, instead in state {status.ToString().ToUpperInvariant()}");

    public static KinesisException InvalidArgument(string message) => new("InvalidArgumentException", message);

    public static KinesisException LimitExceeded(string message) => new("LimitExceededException", message);

    public static KinesisException ExpiredIterator(string message) => new("ExpiredIteratorException", message);

    public static KinesisException ExpiredNextToken(string message) => new("ExpiredNextTokenException", message);

    public static KinesisException Throttled(string message) => new("ProvisionedThroughputExceededException", message);

    public static KinesisException Validation(params IReadOnlyList<string> errors) => new(
        "com.amazon.coral.validate#ValidationException",
        $"{errors.Count} validation error{(errors.Count == 1 ? "" : "s")} detected: {string.Join("; ", errors)}");

    public static KinesisException Serialization(string message = "") => new("com.amazon.coral.service#SerializationException", message);

    public static KinesisException UnknownOperation(string message, int status = 400) =>
        new("com.amazon.coral.service#UnknownOperationException", message, status);

    public static KinesisException TooLarge() =>
        new("com.amazon.coral.service#RequestEntityTooLargeException", "Request entity is larger than the service accepts.", 413);

    /// <summary>The message of a throttled record.</summary>
    public static string RateExceeded(string shard, string stream) =>
        $"Rate exceeded for shard {shard} in stream {stream} under account {Account}.";
}

/// <summary>An error answer: the service's type and message.</summary>
internal sealed class KinesisException(string type, string message, int status = 400) : Exception(message)
{
    public string Type => type;

    public int Status => status;
}
