namespace Orleans.Kpl.Scaling.Operations;

/// <summary>Maps the answers of SplitShard, MergeShards and UpdateShardCount, by their error codes, to verdicts (AWS: pages of these three).</summary>
internal static class CallVerdicts
{
    /// <param name="code">The error's code; null where the call was accepted.</param>
    public static CallVerdict Of(string? code) => code switch
    {
        null => CallVerdict.Accepted,
        "ResourceInUseException" => CallVerdict.Busy,
        // Too many streams are resharding at once, or the quota of UpdateShardCount calls or of shards is used up.
        "LimitExceededException" or "ThrottlingException" => CallVerdict.Later,
        // The shard is closed, by an earlier call of this operation or by another party, or the stream is gone.
        "ResourceNotFoundException" or "InvalidArgumentException" => CallVerdict.Look,
        "AccessDeniedException" or "ValidationException" => CallVerdict.Refused,
        // Time-outs, lost connections, credentials, HTTP 5xx: the call may have been executed.
        _ => CallVerdict.Later,
    };
}

/// <summary>The meaning of the answer to SplitShard, MergeShards or UpdateShardCount.</summary>
internal enum CallVerdict
{
    /// <summary>Accepted: the stream is UPDATING.</summary>
    Accepted,

    /// <summary>Another change is running: wait for ACTIVE, without counting a failure.</summary>
    Busy,

    /// <summary>Limits, or another error that may pass: try again later.</summary>
    Later,

    /// <summary>The shards are not as expected: read the stream again before anything else.</summary>
    Look,

    /// <summary>It will not be allowed until an operator acts.</summary>
    Refused,
}
