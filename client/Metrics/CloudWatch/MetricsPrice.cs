namespace Orleans.Kpl.Metrics.CloudWatch;

/// <summary>What custom metrics cost (aws.amazon.com/cloudwatch/pricing, us-east-1): less for each beyond the first 10,000. Calls are extra.</summary>
internal static class MetricsPrice
{
    private static readonly (int UpTo, double Dollars)[] Tiers = [(10_000, 0.30), (250_000, 0.10), (1_000_000, 0.05), (int.MaxValue, 0.02)];

    /// <summary>Returns the price of so many metrics for a month, in US dollars.</summary>
    public static double OfMonth(int metrics)
    {
        var (price, from) = (0.0, 0);
        foreach (var (upTo, dollars) in Tiers)
        {
            price += Math.Max(0, Math.Min(metrics, upTo) - from) * dollars;
            from = upTo;
        }

        return price;
    }
}
