namespace Orleans.Kpl.Bytes;

/// <summary>Reads the small files that settings name, also while others write to them.</summary>
internal static class SmallFile
{
    /// <summary>Reads a file; null if that fails.</summary>
    /// <param name="error">Why it fails, as the end of a sentence that begins with the file; else null.</param>
    public static byte[]? TryRead(string path, int maxBytes, out string? error)
    {
        error = null;
        try
        {
            using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            if (file.Length <= maxBytes)
            {
                var bytes = new byte[file.Length];
                file.ReadExactly(bytes);
                return bytes;
            }
            error = $"is longer than {maxBytes} bytes";
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            error = $"cannot be read: {failure.Message}";
        }
        return null;
    }

    /// <summary>Whether every user of this machine may read it.</summary>
    public static bool IsOpenToOthers(string path) => !OperatingSystem.IsWindows() && File.Exists(path)
        && (File.GetUnixFileMode(path) & (UnixFileMode.OtherRead | UnixFileMode.OtherWrite)) != 0;
}
