namespace Orleans.Kpl.Cli.Put;

/// <summary>What a line is.</summary>
internal enum LineKind
{
    /// <summary>A record.</summary>
    Record,

    /// <summary>Nothing: it is passed over and not counted.</summary>
    Blank,

    /// <summary>A record that cannot be put; it is counted as failed.</summary>
    Bad,
}
