namespace Orleans.Kpl.Scaling.Tests.Simulated;

/// <summary>What producers want to send, in shards: 1 is what one shard takes. Hash keys are fractions of all.</summary>
internal interface ITraffic
{
    /// <summary>The demand between two hash keys, that of the heavy key left out.</summary>
    double Between(double from, double to, double minute);

    /// <summary>A key that carries much by itself.</summary>
    UInt128 HeavyKey { get; }

    double HeavyRate(double minute);
}

/// <summary>The same demand everywhere, by time.</summary>
internal sealed class EvenTraffic(Func<double, double> demand) : ITraffic
{
    public UInt128 HeavyKey => 0;

    public double Between(double from, double to, double minute) => (to - from) * demand(minute);

    public double HeavyRate(double minute) => 0;
}

/// <summary>Equal parts of the hash keys, each with a demand of its own that rises and falls with time; and perhaps one heavy key.</summary>
internal sealed class WeightedTraffic(double[] demands, Func<double, double> level, UInt128 heavyKey = default, double heavyRate = 0) : ITraffic
{
    public UInt128 HeavyKey => heavyKey;

    public double HeavyRate(double minute) => heavyRate * level(minute);

    public double Between(double from, double to, double minute)
    {
        var sum = 0.0;
        for (var i = (int)(from * demands.Length); i < demands.Length && i < to * demands.Length; i++)
        {
            var (low, high) = (Math.Max(from, (double)i / demands.Length), Math.Min(to, (i + 1.0) / demands.Length));
            sum += Math.Max(0, high - low) * demands.Length * demands[i];
        }

        return sum * level(minute);
    }
}
