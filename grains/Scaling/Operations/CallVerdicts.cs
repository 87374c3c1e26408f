namespace Orleans.Kpl.Scaling.Operations;

/// <summary>The answers of SplitShard, MergeShards and UpdateShardCount, by their codes (AWS: pages of these three).</summary>
internal static class CallVerdicts
{
    /// <param name="code">The error's code; null where the call was accepted.</param>
    public static CallVerdict Of(string? code) => code switch
    {
        null => CallVerdict.Accepted,
        "ResourceInUseException" => CallVerdict.Busy,
        // Too many streams are resharded at once, or calls of UpdateShardCount are used up, or shards.
        "LimitExceededException" or "ThrottlingException" => CallVerdict.Later,
        // The shard is closed, by an earlier call of ours or by somebody, or the stream is gone.
        "ResourceNotFoundException" or "InvalidArgumentException" => CallVerdict.Look,
        "AccessDeniedException" or "ValidationException" => CallVerdict.Refused,
        // Time-outs, lost connections, credentials, HTTP 5xx: it may have been done.
        _ => CallVerdict.Later,
    };
}

/// <summary>What the answer to SplitShard, MergeShards or UpdateShardCount means.</summary>
internal enum CallVerdict
{
    /// <summary>Accepted: the stream is UPDATING.</summary>
    Accepted,

    /// <summary>Another change is running: wait for ACTIVE, without counting a failure.</summary>
    Busy,

    /// <summary>Limits, or something that may pass: later again.</summary>
    Later,

    /// <summary>The shards are not as they were thought to be: look again before anything else.</summary>
    Look,

    /// <summary>It will not be allowed until somebody acts.</summary>
    Refused,
}
