namespace Orleans.Kpl.Scaling.Policy;

/// <summary>A shard, or several shards that are to become one.</summary>
/// <param name="Start">Its first hash key.</param>
/// <param name="End">Its last hash key.</param>
/// <param name="IsHeld">Whether it is too young or was throttled, and so is not merged.</param>
/// <param name="Demand">The common demand minute by minute, newest last.</param>
internal sealed record UncheckedRange(UInt128 Start, UInt128 End, bool IsHeld, double[] Demand)
{
    public static UncheckedRange Join(UncheckedRange left, UncheckedRange right)
    {
        double[] sum = [.. left.Demand];
        AddTo(sum, right.Demand);
        return new UncheckedRange(left.Start, right.End, false, sum);
    }

    /// <summary>Returns the peak of the common demand of two ranges with equally many minutes.</summary>
    public static double PeakOf(UncheckedRange left, UncheckedRange right)
    {
        var peak = 0.0;
        for (var i = 0; i < left.Demand.Length; i++)
            peak = Math.Max(peak, left.Demand[i] + right.Demand[i]);
        return peak;
    }

    /// <summary>Adds demand minute by minute, aligned at the newest; a young shard has fewer minutes.</summary>
    public static void AddTo(double[] sum, double[] demand, double share = 1)
    {
        for (var i = 1; i <= demand.Length; i++)
            sum[^i] += share * demand[^i];
    }
}
