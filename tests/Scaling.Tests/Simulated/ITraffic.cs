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
