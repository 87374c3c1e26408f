namespace Orleans.Kpl.Pipeline.Engines;

/// <summary>Whether this process serves a shard. An embedded producer does, until a new map replaces the engine.</summary>
internal enum EngineState
{
    /// <summary>Served here.</summary>
    Open,

    /// <summary>Served by another process, or by none yet. The engine holds no records.</summary>
    Elsewhere,

    /// <summary>About to be served by another process: the engine still sends its records, but accepts no new ones.</summary>
    Leaving,

    /// <summary>Released for good: the map in force has other engines.</summary>
    Retired,
}
