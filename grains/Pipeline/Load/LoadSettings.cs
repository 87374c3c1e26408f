namespace Orleans.Kpl.Pipeline.Load;

/// <summary>How load is observed.</summary>
internal sealed record LoadSettings
{
    public static LoadSettings Default { get; } = new();

    /// <summary>The bytes that one sampled record represents. With the default of 8 KiB a full shard of 1 MiB/s gives 128 samples a second.</summary>
    public int SampleBytes { get; init; } = 8 << 10;

    /// <summary>The half-life of an observation, in minutes.</summary>
    public double HalfLifeMinutes { get; init; } = 5;

    /// <summary>Whether the text of heavy partition keys is kept for display. Keys may be personal data, so by default it is not.</summary>
    public bool KeepKeyText { get; init; }
}
