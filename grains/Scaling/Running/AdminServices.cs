using Orleans.Kpl.Pipeline.Kinesis;
using Orleans.Kpl.Pipeline.State;

namespace Orleans.Kpl.Scaling.Running;

/// <summary>The services that the management of all streams of one process shares.</summary>
internal sealed record AdminServices
{
    public required IKinesisControl Kinesis { get; init; }

    /// <summary>Gets the store of intents, policies and history.</summary>
    public required IStateStore Store { get; init; }

    /// <summary>Gets whether that store is the memory of this process, and ends with it.</summary>
    public bool StoreEndsWithProcess { get; init; }

    /// <summary>Gets the store of what outlives the process: the sums of loads, and a silo's last producer numbers; null where there is none.</summary>
    public IRowStore? Kept { get; init; }

    /// <summary>Gets the store of the last producer numbers of silos that have left. Without one that outlives the process they end with it.</summary>
    public IRowStore Numbers => Kept ?? Store;

    public required TimeProvider Time { get; init; }

    public required IAdminEvents Events { get; init; }

    /// <summary>Gets whether policies may be carried out, and not only tried.</summary>
    public bool IsPolicyAllowed { get; init; }

    /// <summary>Gets how often a stream is read while Kinesis works on it. DescribeStreamSummary allows an account 20 calls a second.</summary>
    public TimeSpan LookEvery { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>Gets how often a policy decides.</summary>
    public TimeSpan DecideEvery { get; init; } = TimeSpan.FromMinutes(1);
}

/// <summary>Events of reshards, for a log. Implementations neither throw nor wait.</summary>
internal interface IAdminEvents
{
    /// <summary>Called when an operation has begun, or continues here after its former runner was lost.</summary>
    void OperationRuns(string stream, string operationId, string reason);

    /// <summary>Called when an operation has ended.</summary>
    void OperationEnded(string stream, string operationId, OperationState state, string reason);

    /// <summary>Called when another process runs the operation.</summary>
    void OperationTaken(string stream, string operationId);

    /// <summary>Called when an action failed and is retried.</summary>
    void Troubled(string stream, string doing, Exception error);

    /// <summary>Called when a policy decided something.</summary>
    void Decided(string stream, string decision);
}
