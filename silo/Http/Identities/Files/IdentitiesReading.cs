namespace Orleans.Kpl.Http.Identities.Files;

/// <summary>What came of reading the identities' file.</summary>
/// <param name="Set">What it says; null if it has errors.</param>
/// <param name="Errors">Every error, each with its place.</param>
/// <param name="Sources">The files that were read.</param>
internal sealed record IdentitiesReading(IdentitySet? Set, IReadOnlyList<string> Errors, SourceFiles Sources);
