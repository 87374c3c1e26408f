namespace Orleans.Kpl.Pipeline.Records;

/// <summary>What the backlog is to records that were accepted together.</summary>
internal enum BacklogUse : byte
{
    /// <summary>They end without it.</summary>
    None,

    /// <summary>Rather than expire or end with the process they go there: <see cref="HighWaterMode.Spill"/>.</summary>
    InNeed,

    /// <summary>Their caller asked for it: <see cref="AckLevel.Persisted"/>.</summary>
    Asked,
}
