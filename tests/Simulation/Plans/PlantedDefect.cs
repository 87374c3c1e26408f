namespace Orleans.Kpl.Simulation.Plans;

/// <summary>A defect that is put into a history on purpose, to see that it is found.</summary>
internal enum PlantedDefect
{
    None,

    /// <summary>Records are answered as stored, and are not.</summary>
    LosesRecords,

    /// <summary>Outcomes come twice.</summary>
    DoublesOutcomes,

    /// <summary>Consumers see the members of an aggregate in the opposite order.</summary>
    Reorders,

    /// <summary>Calls are never answered, and nobody gives up.</summary>
    Hangs,

    /// <summary>The producer gets twice the memory that it should have.</summary>
    TakesTooMuchMemory,

    /// <summary>Records that were answered are stored once more.</summary>
    StoresTwice,

    /// <summary>What is delivered is not counted by the metrics.</summary>
    LosesMetrics,

    /// <summary>Clients give a batch that they send again another number.</summary>
    SendsAgainAsNew,
}
