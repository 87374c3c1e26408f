namespace Orleans.Kpl.Pipeline.Records;

/// <summary>How records that were accepted together use the backlog.</summary>
internal enum BacklogUse : byte
{
    /// <summary>They do not use it.</summary>
    None,

    /// <summary>They go to the backlog instead of expiring or being lost when the process stops: <see cref="HighWaterMode.Spill"/>.</summary>
    InNeed,

    /// <summary>Their caller asked for the backlog: <see cref="AckLevel.Persisted"/>.</summary>
    Asked,
}
