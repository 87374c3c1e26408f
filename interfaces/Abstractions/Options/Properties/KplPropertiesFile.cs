using System.Diagnostics.CodeAnalysis;

namespace Orleans.Kpl.Settings;

/// <summary>The file that setting <c>PropertiesFile</c> names.</summary>
internal sealed class KplPropertiesFile
{
    /// <summary>The file; null for none.</summary>
    public string? Path { get; set; }

    /// <summary>Reads the file as Java does, in ISO 8859-1.</summary>
    /// <param name="read">What it says, its errors too.</param>
    /// <param name="error">Why it cannot be read.</param>
    public bool TryRead([NotNullWhen(true)] out KplPropertyReading? read, [NotNullWhen(false)] out string? error)
    {
        read = PropertiesText.TryRead(Path!, out var text, out error)
            ? new KplPropertyReader($"Kpl:PropertiesFile {SettingNames.Quote(Path!)}").Read(text)
            : null;
        return read is not null;
    }
}
