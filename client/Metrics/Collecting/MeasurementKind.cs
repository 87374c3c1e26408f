namespace Orleans.Kpl.Metrics.Collecting;

/// <summary>What the values of an instrument mean.</summary>
internal enum MeasurementKind
{
    /// <summary>Values that are kept: those of counters and histograms.</summary>
    Values,

    /// <summary>The value of a gauge, told when it is read.</summary>
    Reading,

    /// <summary>A total, told when it is read.</summary>
    Total,

    /// <summary>The value of a gauge that tells of itself.</summary>
    State,

    /// <summary>A change of a gauge's value.</summary>
    Change,
}
