namespace Orleans.Kpl.Pipeline.Engines;

/// <summary>What an engine serves.</summary>
internal enum EngineKind
{
    /// <summary>One shard of the map.</summary>
    Predicted,

    /// <summary>The whole stream while its map is not known yet: the engine holds records back.</summary>
    AwaitingMap,

    /// <summary>The whole stream while its map cannot be known: records are sent without aggregation.</summary>
    Unpredicted,
}
