namespace Orleans.Kpl.Pipeline.Engines;

/// <summary>Whether a shard is served in this process. Embedded it is, until a new map has another engine in its place.</summary>
internal enum EngineState
{
    /// <summary>Served here.</summary>
    Open,

    /// <summary>Served by another process, or by none yet. Nothing is held.</summary>
    Elsewhere,

    /// <summary>About to be served by another process: what is held goes on, nothing is taken in.</summary>
    Leaving,

    /// <summary>Given up for good: the map in force has other engines.</summary>
    Retired,
}
