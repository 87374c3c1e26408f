namespace Orleans.Kpl.Pipeline.Tests.Simulation;

/// <summary>How the shards of a simulated stream change under its load.</summary>
internal enum ShardChange
{
    BySomebodyElse,
    ListedLate,
    Announced,
    CreatedAgain,
    CreatedAgainUnseen,
}
