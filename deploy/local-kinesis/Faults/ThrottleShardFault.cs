using Orleans.Kpl.LocalKinesis.Wire;

namespace Orleans.Kpl.LocalKinesis.Faults;

/// <summary>A shard refuses records as if someone else used up its rate.</summary>
public sealed record ThrottleShardFault : RecordFault
{
    internal override string ErrorCode => "ProvisionedThroughputExceededException";

    internal override string Message(string shardId, string stream) => KinesisErrors.RateExceeded(shardId, stream);
}
