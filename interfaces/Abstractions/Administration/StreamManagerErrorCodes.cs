namespace Orleans.Kpl;

/// <summary>The codes of <see cref="StreamManagerException"/> that this library makes; all others are Kinesis' own or in <see cref="RecordErrorCodes"/>.</summary>
public static class StreamManagerErrorCodes
{
    /// <summary>No open shard has that id.</summary>
    public const string UnknownShard = "UnknownShard";

    /// <summary>The two shards do not lie side by side.</summary>
    public const string NotAdjacent = "NotAdjacent";

    /// <summary>A split key must lie above the shard's first hash key and not above its last.</summary>
    public const string KeyOutsideRange = "KeyOutsideRange";

    /// <summary>The shard holds a single hash key.</summary>
    public const string CannotBeSplit = "CannotBeSplit";

    /// <summary>The number of shards asked for is no possible one.</summary>
    public const string BadTarget = "BadTarget";

    /// <summary>The plan has more steps than an operation may have.</summary>
    public const string TooManySteps = "TooManySteps";

    /// <summary>AWS allows the account or the stream less than that; the message names the quota and what is left of it.</summary>
    public const string QuotaExceeded = "QuotaExceeded";

    /// <summary>The policy's settings cannot be used; the message names each that is wrong.</summary>
    public const string InvalidPolicy = "InvalidPolicy";

    /// <summary>An embedded producer carries a policy out only with the setting <c>ScalingPolicyAllowed</c>.</summary>
    public const string PolicyNotAllowed = "PolicyNotAllowed";

    /// <summary>No operation has that id, or it is too old to be remembered.</summary>
    public const string UnknownOperation = "UnknownOperation";

    /// <summary>No record was set aside under that number.</summary>
    public const string UnknownDeadLetter = "UnknownDeadLetter";

    /// <summary>Another operation is changing the stream's shards.</summary>
    public const string OperationRunning = "OperationRunning";

    /// <summary>The stream is not ACTIVE.</summary>
    public const string StreamNotActive = "StreamNotActive";

    /// <summary>The stream is on-demand: Kinesis splits and merges its shards itself.</summary>
    public const string OnDemand = "OnDemand";

    /// <summary>Kinesis' listing of shards is older than the last reshard: it is to be tried again.</summary>
    public const string IncompleteListing = "IncompleteListing";

    /// <summary>The store of the tier's shared state does not answer.</summary>
    public const string StateUnavailable = "StateUnavailable";

    /// <summary>The stream's manager did not answer, for its silo was just lost or is too busy: whether it does what was asked is not known.</summary>
    public const string ManagerUnavailable = "ManagerUnavailable";
}
