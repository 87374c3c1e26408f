namespace Orleans.Kpl.Cli.Settings;

/// <summary>What the command line says about where a tier is.</summary>
/// <param name="Tier">The value of <c>--tier</c>; null if it was not given.</param>
/// <param name="Admin">The value of <c>--admin</c>; null if it was not given.</param>
internal readonly record struct TierPlace(string? Tier, string? Admin);
