using System.Text;

namespace Orleans.Kpl.Bytes;

/// <summary>Reads the small files that settings name, also while others write to them.</summary>
internal static class SmallFile
{
    private const int KeyBytes = 32;
    private const int MostKeys = 2;

    /// <summary>Reads a file; null if that fails.</summary>
    /// <param name="error">Why it fails, as the end of a sentence that begins with the file; else null.</param>
    public static byte[]? TryRead(string path, int maxBytes, out string? error)
    {
        error = null;
        try
        {
            using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            // A pipe has no length, and not every file system tells that of a file.
            var length = file.CanSeek && file.Length > 0 ? Math.Min(file.Length, maxBytes) : maxBytes;
            var bytes = new byte[length + 1];
            var read = file.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false);
            if (read <= maxBytes)
                return bytes[..read];
            error = $"is longer than {maxBytes} bytes";
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            error = $"cannot be read: {failure.Message}";
        }
        return null;
    }

    /// <summary>Reads the keys in a file, of which the first signs and each verifies; null if there are none.</summary>
    /// <param name="error">Why there are none, as the end of a sentence that begins with the file, which it never quotes; else null.</param>
    public static IReadOnlyList<byte[]>? TryReadKeys(ReadOnlySpan<byte> file, out string? error)
    {
        var lines = Encoding.ASCII.GetString(file).Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        var keys = lines.Select(KeyOf).OfType<byte[]>().ToList();
        error = lines.Length is 0 or > MostKeys || keys.Count < lines.Length
            ? $"holds no keys: it has one or two lines, each of {KeyBytes} random bytes in base64"
            : null;
        return error is null ? keys : null;
    }

    /// <summary>Whether every user of this machine may read it.</summary>
    public static bool IsOpenToOthers(string path) => !OperatingSystem.IsWindows() && File.Exists(path)
        && (File.GetUnixFileMode(path) & (UnixFileMode.OtherRead | UnixFileMode.OtherWrite)) != 0;

    private static byte[]? KeyOf(string line)
    {
        var key = new byte[KeyBytes];
        return Convert.TryFromBase64String(line, key, out var length) && length == KeyBytes ? key : null;
    }
}
