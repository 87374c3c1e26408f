using System.Globalization;

namespace Orleans.Kpl.Simulation.Scale;

/// <summary>A distribution of seconds, in three numbers.</summary>
internal readonly record struct Percentiles(double P50, double P99, double Max, int Count)
{
    public static Percentiles Of(IReadOnlyList<double> values)
    {
        if (values.Count == 0)
            return default;
        double[] sorted = [.. values.Order()];
        return new Percentiles(At(sorted, 0.5), At(sorted, 0.99), sorted[^1], sorted.Length);
    }

    public override string ToString() =>
        Count == 0 ? "none" : string.Create(CultureInfo.InvariantCulture, $"{P50:F2} / {P99:F2} / {Max:F2} ({Count:N0})");

    private static double At(double[] sorted, double share) => Math.Round(sorted[(int)Math.Ceiling(share * sorted.Length) - 1], 3);
}
