namespace Orleans.Kpl.Pipeline.Retrying;

/// <summary>What is to be done with one Kinesis record after a try.</summary>
internal enum VerdictKind
{
    /// <summary>Every member is where the consumers of its shard see it.</summary>
    Deliver,

    /// <summary>Sends the Kinesis record again as it is, to its shard, after a back-off.</summary>
    Retry,

    /// <summary>Sends the Kinesis record again as it is after a long back-off: nothing will change until somebody acts.</summary>
    RetrySlowly,

    /// <summary>Every member again, each to its right shard: consumers of the shard that took it drop the whole aggregate.</summary>
    Reroute,

    /// <summary>The map does not explain where it, or another record of its call, went: read the shard map, then judge again.</summary>
    AwaitMap,

    /// <summary>Kinesis does not know the stream: read the shard map, then either fail or try again.</summary>
    ConfirmStream,

    /// <summary>Try the halves of the call: one of its records may be poison for all.</summary>
    Halve,

    /// <summary>No more tries.</summary>
    Fail,
}

/// <summary>A verdict with its reason.</summary>
/// <param name="Kind">What is to be done.</param>
/// <param name="Code">The attempt's error code; null for a delivery.</param>
/// <param name="Message">The attempt's message.</param>
/// <param name="RefreshMap">Whether the shard map is out of date.</param>
internal readonly record struct Verdict(VerdictKind Kind, string? Code = null, string? Message = null, bool RefreshMap = false);
