namespace Orleans.Kpl.Pipeline.Load;

/// <summary>How load is observed.</summary>
internal sealed record LoadSettings
{
    public static LoadSettings Default { get; } = new();

    /// <summary>Bytes that one sampled record stands for. A full shard of 1 MiB/s gives 128 samples a second with the default of 8 KiB.</summary>
    public int SampleBytes { get; init; } = 8 << 10;

    /// <summary>Minutes after which an observation counts half.</summary>
    public double HalfLifeMinutes { get; init; } = 5;

    /// <summary>Whether the text of heavy partition keys is kept, to be shown. Keys may be personal data, so by default it is not.</summary>
    public bool KeepKeyText { get; init; }
}
