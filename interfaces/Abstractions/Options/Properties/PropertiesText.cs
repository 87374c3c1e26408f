using System.Diagnostics.CodeAnalysis;
using System.Text;

namespace Orleans.Kpl.Settings;

/// <summary>The text of a properties file.</summary>
internal static class PropertiesText
{
    private const int MaxBytes = 1 << 20;

    /// <summary>Reads a file as Java does, in ISO 8859-1.</summary>
    /// <param name="path">The file.</param>
    /// <param name="text">Its text.</param>
    /// <param name="error">Why it cannot be read.</param>
    public static bool TryRead(string path, [NotNullWhen(true)] out string? text, [NotNullWhen(false)] out string? error)
    {
        (text, error) = (null, null);
        try
        {
            var file = new FileInfo(path);
            if (!OperatingSystem.IsWindows() && file.Exists && (file.UnixFileMode & UnixFileMode.OtherWrite) != 0)
                error = "every user of this machine may write the file: chmod o-w closes it";
            else if (file.Exists && file.Length > MaxBytes)
                error = $"the file is longer than {MaxBytes} bytes";
            else
                text = Decode(File.ReadAllBytes(path));
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            error = $"the file cannot be read: {failure.Message}";
        }

        return text is not null;
    }

    // A mark that editors put in front of UTF-8 would become a part of the first key.
    private static string Decode(ReadOnlySpan<byte> bytes) => Encoding.Latin1.GetString(bytes.StartsWith(Encoding.UTF8.Preamble) ? bytes[3..] : bytes);
}
