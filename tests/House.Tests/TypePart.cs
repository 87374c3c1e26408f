namespace Orleans.Kpl.House.Tests;

/// <summary>What one file holds of a type, from its first line to its closing brace.</summary>
internal sealed record TypePart(string Name, string Namespace, string File, bool IsFileLocal, IReadOnlyList<string> Text)
{
    public int Lines => Text.Count;

    /// <summary>Whether it only lists log messages, whose code is generated.</summary>
    public bool IsLogMessages =>
        Text.Any(l => l.Contains("[LoggerMessage", StringComparison.Ordinal))
        && Text.Count(l => l.Trim() == "{") == 1
        && !Text.Any(l => l.Contains("=>", StringComparison.Ordinal));
}
