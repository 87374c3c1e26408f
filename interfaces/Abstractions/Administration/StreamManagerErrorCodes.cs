namespace Orleans.Kpl;

/// <summary>
/// The codes of <see cref="StreamManagerException"/> that this library defines; all others are Kinesis' own or in <see cref="RecordErrorCodes"/>.
/// </summary>
public static class StreamManagerErrorCodes
{
    /// <summary>No open shard has this id.</summary>
    public const string UnknownShard = "UnknownShard";

    /// <summary>The two shards are not adjacent.</summary>
    public const string NotAdjacent = "NotAdjacent";

    /// <summary>A split key must be two or more above the shard's first hash key and below its last.</summary>
    public const string KeyOutsideRange = "KeyOutsideRange";

    /// <summary>The shard holds fewer than four hash keys and cannot be split: each part must have two.</summary>
    public const string CannotBeSplit = "CannotBeSplit";

    /// <summary>The requested number of shards is not possible.</summary>
    public const string BadTarget = "BadTarget";

    /// <summary>The plan has more steps than one operation may have.</summary>
    public const string TooManySteps = "TooManySteps";

    /// <summary>The change exceeds an AWS quota of the account or the stream; the message names the quota and its unused part.</summary>
    public const string QuotaExceeded = "QuotaExceeded";

    /// <summary>The stream's capacity cannot be changed like this; the message says why.</summary>
    public const string InvalidChange = "InvalidChange";

    /// <summary>The policy's settings are invalid; the message names each invalid setting.</summary>
    public const string InvalidPolicy = "InvalidPolicy";

    /// <summary>An embedded producer carries out a policy only with the setting <c>ScalingPolicyAllowed</c>.</summary>
    public const string PolicyNotAllowed = "PolicyNotAllowed";

    /// <summary>The policy was set again after it was read: read it again, and repeat the change.</summary>
    public const string PolicyChanged = "PolicyChanged";

    /// <summary>No operation has this id, or the operation is too old to be in the history.</summary>
    public const string UnknownOperation = "UnknownOperation";

    /// <summary>No dead letter has this number.</summary>
    public const string UnknownDeadLetter = "UnknownDeadLetter";

    /// <summary>No failure of the stream's list has this number, or it is too old to be in the list.</summary>
    public const string UnknownFailure = "UnknownFailure";

    /// <summary>Another operation is changing the stream's shards.</summary>
    public const string OperationRunning = "OperationRunning";

    /// <summary>The stream is not ACTIVE.</summary>
    public const string StreamNotActive = "StreamNotActive";

    /// <summary>The stream is on-demand: Kinesis splits and merges its shards itself.</summary>
    public const string OnDemand = "OnDemand";

    /// <summary>Kinesis' listing of shards is older than the last reshard; try again.</summary>
    public const string IncompleteListing = "IncompleteListing";

    /// <summary>
    /// The caller is a client that has not proved that it may administer: the silos have TLS, and it has no key of <c>Kpl:Cluster:AdminKeyFile</c>.
    /// </summary>
    public const string NotAuthorized = "NotAuthorized";

    /// <summary>The store of the tier's shared state does not respond.</summary>
    public const string StateUnavailable = "StateUnavailable";

    /// <summary>
    /// The stream's manager did not respond, because its silo was just lost or is too busy. The request may or may not be carried out. Or the embedded
    /// producer has stopped: then nothing was done.
    /// </summary>
    public const string ManagerUnavailable = "ManagerUnavailable";
}

/// <summary>Thrown when a stream's manager could not carry out a request.</summary>
/// <param name="code">One of <see cref="StreamManagerErrorCodes"/>, or the code of the failed call to Kinesis.</param>
/// <param name="message">Describes the problem.</param>
public sealed class StreamManagerException(string code, string message) : Exception(message)
{
    /// <summary>
    /// One of <see cref="StreamManagerErrorCodes"/>. If a call to Kinesis failed: Kinesis' own code, such as
    /// <c>ResourceNotFoundException</c>, or one of <see cref="RecordErrorCodes"/> for a transport error.
    /// </summary>
    public string Code { get; } = code;
}
