namespace Orleans.Kpl.Pipeline.Engines;

/// <summary>What an engine stands for.</summary>
internal enum EngineKind
{
    /// <summary>One shard of the map.</summary>
    Predicted,

    /// <summary>The whole stream while its map is not known yet: holds records back.</summary>
    AwaitingMap,

    /// <summary>The whole stream while its map cannot be known: records travel alone.</summary>
    Unpredicted,
}
