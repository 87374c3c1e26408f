namespace Orleans.Kpl.Settings;

/// <summary>Sections below <c>Kpl</c> that are not the producer's own.</summary>
internal static class KplSections
{
    /// <summary>
    /// The sections that other packages of this product read. A process that does not use a section ignores it, so that a silo, a
    /// client and an embedded producer can share a file. A package that adds a section adds it here.
    /// </summary>
    public static IReadOnlyList<string> OfOtherPackages { get; } = [.. KplClusterSettings.Sections, "Http", "Front"];
}
