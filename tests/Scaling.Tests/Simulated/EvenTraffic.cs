namespace Orleans.Kpl.Scaling.Tests.Simulated;

/// <summary>The same demand everywhere, by time.</summary>
internal sealed class EvenTraffic(Func<double, double> demand) : ITraffic
{
    public UInt128 HeavyKey => 0;

    public double Between(double from, double to, double minute) => (to - from) * demand(minute);

    public double HeavyRate(double minute) => 0;
}
