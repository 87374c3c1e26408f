using Orleans.Kpl.Pipeline.Kinesis;
using Orleans.Kpl.Pipeline.State;

namespace Orleans.Kpl.Scaling.Running;

/// <summary>What the management of all streams of one process shares.</summary>
internal sealed class AdminServices
{
    public required IKinesisControl Kinesis { get; init; }

    /// <summary>Where intents, policies and history lie.</summary>
    public required IStateStore Store { get; init; }

    public required TimeProvider Time { get; init; }

    public required IAdminEvents Events { get; init; }

    /// <summary>Whether policies may be carried out, not only tried.</summary>
    public bool IsPolicyAllowed { get; init; }

    /// <summary>How often a stream is read while Kinesis works on it. DescribeStreamSummary allows an account 20 calls a second.</summary>
    public TimeSpan LookEvery { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>How often a policy is asked.</summary>
    public TimeSpan DecideEvery { get; init; } = TimeSpan.FromMinutes(1);
}
