using System.Text.Json;
using Orleans.Kpl.Pipeline.Load;
using Orleans.Kpl.Scaling.Planning;
using static System.FormattableString;

namespace Orleans.Kpl.Scaling.Policy;

/// <summary>Checks scaling options.</summary>
internal static class ScalingOptionsValidator
{
    /// <summary>The hysteresis that keeps a constant load, and one that varies by 5 %, from being split and merged in turn.</summary>
    public const double WidestMerge = 0.8;

    /// <summary>Returns all errors; each names its setting, as JSON and the command write it, the value and what is allowed. Empty where none is.</summary>
    public static IReadOnlyList<string> Validate(ScalingOptions o)
    {
        ArgumentNullException.ThrowIfNull(o);
        var errors = new List<string>();
        Require(Enum.IsDefined(o.Mode), nameof(o.Mode), o.Mode, "off, dry_run or on");
        Require(o.ThrottlesPerMinute >= 1, nameof(o.ThrottlesPerMinute), o.ThrottlesPerMinute, "1 or more");
        Require(o.ConsecutiveMinutes is >= 1 and <= 60, nameof(o.ConsecutiveMinutes), o.ConsecutiveMinutes, "1 to 60");
        Require(o.SplitUtilisation is > 0 and <= 1, nameof(o.SplitUtilisation), o.SplitUtilisation, "above 0, at most 1");
        Require(o.TargetUtilisation > 0 && o.TargetUtilisation < o.SplitUtilisation, nameof(o.TargetUtilisation), o.TargetUtilisation,
            Invariant($"above 0, below split_utilisation, which is {o.SplitUtilisation}"));
        Require(o.MergeUtilisation >= 0 && o.MergeUtilisation <= WidestMerge * o.SplitUtilisation, nameof(o.MergeUtilisation), o.MergeUtilisation,
            Invariant($"0 to {WidestMerge} of split_utilisation, which is {o.SplitUtilisation}: above, splits and merges would undo one another"));
        Require(o.MergeMinutes is >= 5 and <= MinuteCounts.Kept, nameof(o.MergeMinutes), o.MergeMinutes, $"5 to {MinuteCounts.Kept}");
        Require(o.CoolDown >= TimeSpan.Zero && o.CoolDown <= TimeSpan.FromDays(1), "CoolDownSeconds", o.CoolDown.TotalSeconds, "0 to 86400");
        Require(o.MinShards is >= 1 and <= ReshardPlanner.MostShards, nameof(o.MinShards), o.MinShards, $"1 to {ReshardPlanner.MostShards}");
        Require(o.MaxShards >= o.MinShards && o.MaxShards <= ReshardPlanner.MostShards, nameof(o.MaxShards), o.MaxShards,
            $"from min_shards, which is {o.MinShards}, to {ReshardPlanner.MostShards}");
        Require(o.OperationsPerDay >= 0, nameof(o.OperationsPerDay), o.OperationsPerDay, "0 or more");
        Require(o.StepsPerOperation is >= 1 and <= 1_000, nameof(o.StepsPerOperation), o.StepsPerOperation, "1 to 1000");
        return errors;

        void Require(bool isRight, string setting, object value, string rule)
        {
            if (!isRight)
                errors.Add(Invariant($"{JsonNamingPolicy.SnakeCaseLower.ConvertName(setting)} is '{value}': {rule}"));
        }
    }
}
