namespace Orleans.Kpl.Aws.Backlog;

/// <summary>What is kept of a log beside its segments.</summary>
/// <param name="Epoch">Counts its owners.</param>
/// <param name="NextNumber">All numbers below were acknowledged, or are closed.</param>
/// <param name="From">All segments below were removed.</param>
/// <param name="Progress">The owner's state.</param>
internal sealed record LogHead(long Epoch, long NextNumber, long From, ReadOnlyMemory<byte> Progress);
