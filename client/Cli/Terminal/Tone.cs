namespace Orleans.Kpl.Cli.Terminal;

/// <summary>What a message means; it has a colour of its own on a terminal.</summary>
internal enum Tone
{
    /// <summary>A fact.</summary>
    Plain,

    /// <summary>All went well.</summary>
    Good,

    /// <summary>Something to look at.</summary>
    Warning,

    /// <summary>Something failed.</summary>
    Bad,
}
