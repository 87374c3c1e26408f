namespace Orleans.Kpl.Texts;

/// <summary>Makes texts of others fit to be shown.</summary>
internal static class Printable
{
    /// <summary>Replaces the control characters, which a terminal would execute as commands.</summary>
    public static string Of(string text) => string.Concat(text.Select(static c => char.IsControl(c) ? '·' : c));
}
