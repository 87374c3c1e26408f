using System.Diagnostics.CodeAnalysis;
using System.Text;

namespace Orleans.Kpl.Settings;

/// <summary>The file that setting <c>PropertiesFile</c> names.</summary>
internal sealed class KplPropertiesFile
{
    private const int MaxBytes = 1 << 20;

    /// <summary>The file; null for none.</summary>
    public string? Path { get; set; }

    /// <summary>Reads the file as Java does, in ISO 8859-1.</summary>
    /// <param name="read">What it says, its errors too.</param>
    /// <param name="error">Why it cannot be read.</param>
    public bool TryRead([NotNullWhen(true)] out KplPropertyReading? read, [NotNullWhen(false)] out string? error)
    {
        (read, error) = (null, null);
        try
        {
            var file = new FileInfo(Path!);
            if (!OperatingSystem.IsWindows() && file.Exists && (file.UnixFileMode & UnixFileMode.OtherWrite) != 0)
                error = "every user of this machine may write the file: chmod o-w closes it";
            else if (file.Exists && file.Length > MaxBytes)
                error = $"the file is longer than {MaxBytes} bytes";
            else
                read = new KplPropertyReader($"Kpl:PropertiesFile {SettingNames.Quote(Path!)}").Read(Decode(File.ReadAllBytes(Path!)));
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            error = $"the file cannot be read: {failure.Message}";
        }

        return error is null;
    }

    // A mark that editors put in front of UTF-8 would become a part of the first key.
    private static string Decode(ReadOnlySpan<byte> bytes) => Encoding.Latin1.GetString(bytes.StartsWith(Encoding.UTF8.Preamble) ? bytes[3..] : bytes);
}
