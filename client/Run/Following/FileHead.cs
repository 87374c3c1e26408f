using System.Security.Cryptography;

namespace Orleans.Kpl.Run.Following;

/// <summary>
/// How a file is known again when its name has changed: its number in the file system where that is known, and its first bytes, because numbers are
/// used again.
/// </summary>
/// <param name="Inode">The number; 0 if unknown.</param>
/// <param name="Length">How many first bytes <paramref name="Hash"/> is of.</param>
/// <param name="Hash">The SHA-256 of the first bytes, in hexadecimal digits.</param>
internal sealed record FileHead(long Inode, int Length, string Hash)
{
    /// <summary>The most bytes that a file is known by.</summary>
    public const int MostBytes = 1024;

    /// <summary>Makes the head of a file from its first bytes.</summary>
    public static FileHead Of(long inode, ReadOnlySpan<byte> firstBytes)
    {
        var bytes = firstBytes[..Math.Min(firstBytes.Length, MostBytes)];
        return new FileHead(inode, bytes.Length, Convert.ToHexStringLower(SHA256.HashData(bytes)));
    }

    /// <summary>Whether a file may be this one, which has grown since: it has the number, and begins with the bytes.</summary>
    /// <param name="inode">The number of that file; 0 if unknown.</param>
    /// <param name="firstBytes">Its first bytes, at least <see cref="MostBytes"/> where it has as many.</param>
    public bool Is(long inode, ReadOnlySpan<byte> firstBytes) =>
        (Inode == 0 || inode == 0 || Inode == inode)
        && (Length > 0 || Inode != 0)
        && firstBytes.Length >= Length
        && Of(inode, firstBytes[..Length]).Hash == Hash;
}
