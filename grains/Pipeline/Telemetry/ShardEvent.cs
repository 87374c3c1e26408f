namespace Orleans.Kpl.Pipeline.Telemetry;

/// <summary>What happened to records of one shard. What is not set did not happen.</summary>
internal readonly ref struct ShardEvent
{
    /// <summary>The user records of a Kinesis record of a call that ended.</summary>
    public int Held { get; init; }

    /// <summary>Whether Kinesis took a Kinesis record.</summary>
    public bool IsTaken { get; init; }

    /// <summary>The bytes of the Kinesis record that was taken.</summary>
    public int TakenBytes { get; init; }

    /// <summary>User records that were delivered.</summary>
    public int Put { get; init; }

    /// <summary>Their data in bytes; 0 where that is not known.</summary>
    public long PutBytes { get; init; }

    /// <summary>User records that ended after attempts.</summary>
    public int Tried { get; init; }

    /// <summary>How many attempts beyond the first each of them had.</summary>
    public int Retries { get; init; }

    /// <summary>How long user records waited for an attempt, in milliseconds, never below 0.</summary>
    public ReadOnlySpan<WeightedValue> Waits { get; init; }
}

/// <summary>A value of some user records.</summary>
/// <param name="Count">How many user records have it.</param>
internal readonly record struct WeightedValue(double Value, int Count);
