using System.Text.Json.Serialization;
using Orleans.Kpl.Scaling.Planning;

namespace Orleans.Kpl.Scaling.Operations;

/// <summary>The saved form of a <see cref="ReshardStep"/>.</summary>
/// <param name="Kind">The call.</param>
/// <param name="Start">The first hash key of the range that is split, or made by a merge.</param>
/// <param name="End">The range's last hash key.</param>
/// <param name="At">Where the second part starts.</param>
/// <param name="Count">The number of shards that UpdateShardCount makes.</param>
internal sealed record OperationStep(
    [property: JsonPropertyName("k")] ReshardStepKind Kind,
    [property: JsonPropertyName("s")] UInt128 Start,
    [property: JsonPropertyName("e")] UInt128 End,
    [property: JsonPropertyName("a")] UInt128 At,
    [property: JsonPropertyName("n")] int Count)
{
    public static OperationStep Of(ReshardStep step) => new(step.Kind, step.Start, step.End, step.At, step.TargetCount);

    public override string ToString() => Kind switch
    {
        ReshardStepKind.Split => $"split of {Start} to {End} at {At}",
        ReshardStepKind.Merge => $"merge of {Start} to {End} across {At}",
        _ => $"UpdateShardCount to {Count}",
    };
}
