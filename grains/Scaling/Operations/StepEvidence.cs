using Orleans.Kpl.Pipeline.Kinesis;
using Orleans.Kpl.Scaling.Planning;

namespace Orleans.Kpl.Scaling.Operations;

/// <summary>What the open shards say of a step.</summary>
internal static class StepEvidence
{
    /// <summary>Whether the step shows as done, by whomever.</summary>
    /// <param name="step">The step.</param>
    /// <param name="shards">The open shards.</param>
    /// <param name="isLongAccepted">
    /// Whether Kinesis accepted the call longer ago than a listing lags: then the number alone shows that UpdateShardCount has ended, however the
    /// ranges are. Before, the stream may have had that number on its way.
    /// </param>
    public static bool IsDone(OperationStep step, IReadOnlyList<ShardRange> shards, bool isLongAccepted) => step.Kind switch
    {
        ReshardStepKind.Split =>
            shards.Any(s => s.StartingHashKey == step.At) && shards.Any(s => s.EndingHashKey == step.At - 1) && !shards.Any(s => IsCut(s, step.At)),
        ReshardStepKind.Merge => shards.Any(s => IsCut(s, step.At)) && shards.All(s => s.StartingHashKey != step.At),
        _ => shards.Count == step.Count && (isLongAccepted || IsEven(shards)),
    };

    /// <summary>The shards to call the step on, in the order of their ranges; empty where the open shards are others than were planned for.</summary>
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

    /// <summary>Hash keys at which shards will start that do not start there now.</summary>
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
