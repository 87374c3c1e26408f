using System.Security.Cryptography;
using Orleans.Kpl.Bytes;

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
    public bool HasChanged() => _fingerprints.Any(static f => FingerprintOf(SmallFile.TryRead(f.Key, MaxBytes, out _)) != f.Value);

    /// <summary>Reads a file; null, with an error, if that fails.</summary>
    public byte[]? Read(string path, bool isSecret, out string? error)
    {
        var full = Path.GetFullPath(path, folder);
        var bytes = SmallFile.TryRead(full, MaxBytes, out var why);
        error = why is null ? null : $"'{full}' {why}";
        // One that was replaced since an earlier entry read it has changed already.
        var fingerprint = FingerprintOf(bytes);
        _fingerprints[full] = _fingerprints.GetValueOrDefault(full, fingerprint) == fingerprint ? fingerprint : "replaced";
        if (isSecret && bytes is not null && SmallFile.IsOpenToOthers(full))
            _open.Add(full);
        return bytes;
    }

    // After a reading that failed, another attempt is worth nothing until the file can be read.
    private static string FingerprintOf(byte[]? bytes) => bytes is null ? "" : Convert.ToHexString(SHA256.HashData(bytes));
}
