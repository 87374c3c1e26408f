namespace Orleans.Kpl.Pipeline.Retrying;

/// <summary>What is to be done with one Kinesis record after an attempt.</summary>
internal enum VerdictKind
{
    /// <summary>Every member is delivered: it is where the consumers of its shard see it.</summary>
    Deliver,

    /// <summary>Sends the Kinesis record again as it is, to its shard, after a back-off.</summary>
    Retry,

    /// <summary>Sends the Kinesis record again as it is after a long back-off, because nothing changes until an operator acts.</summary>
    RetrySlowly,

    /// <summary>Sends every member again, each to its right shard: consumers of the shard that took the aggregate drop the whole aggregate.</summary>
    Reroute,

    /// <summary>
    /// Reads the shard map and judges again, because the map does not explain the answer to this record or another record of its call.
    /// </summary>
    AwaitMap,

    /// <summary>Reads the shard map, because Kinesis does not know the stream, and then either fails or sends again.</summary>
    ConfirmStream,

    /// <summary>Sends the halves of the call separately: one of its records may make the whole call fail.</summary>
    Halve,

    /// <summary>Fails the Kinesis record without further attempts.</summary>
    Fail,

    /// <summary>Ends the Kinesis record without further attempts: Kinesis may have it, and the answer does not tell.</summary>
    EndUnknown,
}

/// <summary>A verdict with its reason.</summary>
/// <param name="Kind">What is to be done.</param>
/// <param name="Code">The attempt's error code; null for a delivery.</param>
/// <param name="Message">The attempt's message.</param>
/// <param name="RefreshMap">Whether the shard map is out of date.</param>
internal readonly record struct Verdict(VerdictKind Kind, string? Code = null, string? Message = null, bool RefreshMap = false);
