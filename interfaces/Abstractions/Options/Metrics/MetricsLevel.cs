namespace Orleans.Kpl;

/// <summary>Which metrics a collector keeps (KPL <c>MetricsLevel</c>); docs/metrics.md has the level of each.</summary>
public enum MetricsLevel
{
    /// <summary>None.</summary>
    None,

    /// <summary>What every dashboard needs.</summary>
    Summary,

    /// <summary>All.</summary>
    Detailed,
}
