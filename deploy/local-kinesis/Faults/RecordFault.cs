namespace Orleans.Kpl.LocalKinesis.Faults;

/// <summary>A fault that hits single records; its probability and its count are counted in records.</summary>
public abstract record RecordFault : Fault
{
    /// <summary>Only records of this shard. Default: null, of all.</summary>
    public string? ShardId { get; init; }

    /// <summary>The ErrorCode that a hit record is answered with.</summary>
    internal abstract string ErrorCode { get; }

    /// <summary>Whether a hit record is applied all the same.</summary>
    internal virtual bool AppliesRecord => false;

    /// <summary>The ErrorMessage that a hit record is answered with.</summary>
    internal abstract string Message(string shardId, string stream);
}

/// <summary>A shard refuses records as if someone else used up its rate.</summary>
public sealed record ThrottleShardFault : RecordFault
{
    internal override string ErrorCode => "ProvisionedThroughputExceededException";

    internal override string Message(string shardId, string stream) => KinesisErrors.RateExceeded(shardId, stream);
}

/// <summary>Records fail one by one, by default with InternalFailure, which says nothing about whether they were stored.</summary>
public sealed record RecordErrorFault : RecordFault
{
    /// <summary>The error code. Default: InternalFailure.</summary>
    public string Code { get; init; } = "InternalFailure";

    /// <summary>Whether the record is stored although its producer is told that it failed. Default: false.</summary>
    public bool Applied { get; init; }

    internal override string ErrorCode => Code;

    internal override bool AppliesRecord => Applied;

    internal override string Message(string shardId, string stream) => "Internal service failure.";
}
