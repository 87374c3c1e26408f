namespace Orleans.Kpl.Settings;

/// <summary>Sections below <c>Kpl</c> that are not the producer's own.</summary>
internal static class KplSections
{
    /// <summary>
    /// The sections that other packages of this product read. Whoever does not read one passes over it, so that a silo, a client and an embedded producer can
    /// share a file. A package that adds a section adds it here.
    /// </summary>
    public static IReadOnlyList<string> OfOtherPackages { get; } = [.. KplClusterSettings.Sections, "Http"];
}
