using System.Security.Cryptography;

namespace Orleans.Kpl.Http.Identities.Files;

/// <summary>Reads the files of one reading, and remembers what was in them, so that a change of any is noticed.</summary>
/// <param name="folder">The folder of the identities' file, which other paths start at.</param>
internal sealed class SourceFiles(string folder)
{
    /// <summary>The longest file that is read, in bytes.</summary>
    public const int MaxBytes = 8 << 20;

    private readonly Dictionary<string, string> _fingerprints = new(StringComparer.Ordinal);
    private readonly List<string> _open = [];

    /// <summary>Files that others on the machine may read although they hold secrets.</summary>
    public IReadOnlyList<string> OpenSecrets => _open;

    /// <summary>Whether any file is no longer what it was when it was read.</summary>
    public bool HasChanged() => _fingerprints.Any(static f => FingerprintOf(f.Key) != f.Value);

    /// <summary>Reads a file; null, with an error, if that fails.</summary>
    public byte[]? Read(string path, bool isSecret, out string? error)
    {
        var full = Path.GetFullPath(path, folder);
        byte[]? bytes = null;
        try
        {
            bytes = ReadBytes(full);
            error = bytes is null ? $"'{full}' is longer than {MaxBytes} bytes" : null;
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            error = $"'{full}' cannot be read: {failure.Message}";
        }

        _fingerprints[full] = bytes is null ? "" : Convert.ToHexString(SHA256.HashData(bytes));
        if (isSecret && bytes is not null && IsOpenToOthers(full))
            _open.Add(full);
        return bytes;
    }

    private static string FingerprintOf(string path)
    {
        try
        {
            return ReadBytes(path) is { } bytes ? Convert.ToHexString(SHA256.HashData(bytes)) : "";
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            return ""; // As after a reading that failed: another attempt is worth nothing until the file can be read.
        }
    }

    private static byte[]? ReadBytes(string path)
    {
        using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        if (file.Length > MaxBytes)
            return null;
        var bytes = new byte[file.Length];
        file.ReadExactly(bytes);
        return bytes;
    }

    private static bool IsOpenToOthers(string path) =>
        !OperatingSystem.IsWindows() && (File.GetUnixFileMode(path) & (UnixFileMode.OtherRead | UnixFileMode.OtherWrite)) != 0;
}
