namespace Orleans.Kpl.Metrics.Collecting;

/// <summary>Counts the readings of gauges and totals. One thread at a time reads.</summary>
internal sealed class ReadingCount
{
    /// <summary>The number of the reading under way, or of the last one.</summary>
    public long Current { get; private set; }

    /// <summary>The number of the last reading in which everything could be read: what it did not tell is not there any more. 0 before the first one.</summary>
    public long LastWhole { get; private set; }

    public void Begin() => Current++;

    public void End(bool isWhole) => LastWhole = isWhole ? Current : LastWhole;
}
