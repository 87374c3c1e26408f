using Orleans.Kpl.Pipeline.Kinesis;
using Orleans.Kpl.Scaling.Planning;

namespace Orleans.Kpl.Scaling.Operations;

/// <summary>Reads from the open shards whether a step is done.</summary>
internal static class StepEvidence
{
    /// <summary>Returns whether the shards show the step as done, whoever did it.</summary>
    /// <param name="isLongAccepted">
    /// Whether Kinesis accepted the call longer ago than a listing lags. Then the number of shards alone shows that UpdateShardCount has completed,
    /// whatever the ranges. Before that, the stream may have had that number in passing.
    /// </param>
    public static bool IsDone(OperationStep step, IReadOnlyList<ShardRange> shards, bool isLongAccepted) => step.Kind switch
    {
        ReshardStepKind.Split =>
            shards.Any(s => s.StartingHashKey == step.At) && shards.Any(s => s.EndingHashKey == step.At - 1) && !shards.Any(s => IsCut(s, step.At)),
        ReshardStepKind.Merge => shards.Any(s => IsCut(s, step.At)) && shards.All(s => s.StartingHashKey != step.At),
        _ => shards.Count == step.Count && (isLongAccepted || IsEven(shards)),
    };

    /// <summary>
    /// Returns the shards to call the step on, in the order of their ranges; empty where the open shards are not those that were planned for.
    /// </summary>
    public static IReadOnlyList<ShardRange> Parents(OperationStep step, IReadOnlyList<ShardRange> shards)
    {
        (UInt128 Start, UInt128 End)[] wanted = step.Kind switch
        {
            ReshardStepKind.Split => [(step.Start, step.End)],
            ReshardStepKind.Merge => [(step.Start, step.At - 1), (step.At, step.End)],
            _ => [],
        };
        var found = wanted.Select(w => shards.FirstOrDefault(s => s.StartingHashKey == w.Start && s.EndingHashKey == w.End)).OfType<ShardRange>().ToList();
        return found.Count == wanted.Length ? found : [];
    }

    /// <summary>Returns the hash keys at which new shards will start.</summary>
    public static IReadOnlyList<UInt128> Boundaries(OperationStep step) => step.Kind switch
    {
        ReshardStepKind.Split => [step.At],
        ReshardStepKind.Merge => [],
        _ => EvenRanges.Boundaries(step.Count, [], 0),
    };

    private static bool IsCut(ShardRange shard, UInt128 at) => shard.StartingHashKey < at && shard.EndingHashKey >= at;

    private static bool IsEven(IReadOnlyList<ShardRange> shards)
    {
        var even = (double)UInt128.MaxValue / shards.Count;
        return shards.All(s => Math.Abs((double)(s.EndingHashKey - s.StartingHashKey) - even) <= even * 0.01);
    }
}
