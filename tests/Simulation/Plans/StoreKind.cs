namespace Orleans.Kpl.Simulation.Plans;

/// <summary>Where a process keeps its backlog.</summary>
internal enum StoreKind
{
    None,
    Folder,
    Table,
}
