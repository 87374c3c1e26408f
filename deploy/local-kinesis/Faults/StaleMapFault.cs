using Orleans.Kpl.LocalKinesis.Faults.Switchboard;

namespace Orleans.Kpl.LocalKinesis.Faults;

/// <summary>ListShards and DescribeStream show the shards as they were some time ago.</summary>
public sealed record StaleMapFault : Fault
{
    /// <summary>How old the shown shards are. Default: 5 s.</summary>
    public TimeSpan Lag { get; init; } = TimeSpan.FromSeconds(5);

    internal override Task BeforeAsync(FaultedCall call)
    {
        call.ListingLag = Lag;
        return Task.CompletedTask;
    }

    internal override IEnumerable<string> Check() => Lag >= TimeSpan.Zero ? base.Check() : [.. base.Check(), "lag must not be negative"];
}
