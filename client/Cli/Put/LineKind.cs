namespace Orleans.Kpl.Cli.Put;

/// <summary>The kind of a line.</summary>
internal enum LineKind
{
    /// <summary>A record.</summary>
    Record,

    /// <summary>A blank line, which is skipped and not counted.</summary>
    Blank,

    /// <summary>A record that cannot be put, which is counted as failed.</summary>
    Bad,
}
