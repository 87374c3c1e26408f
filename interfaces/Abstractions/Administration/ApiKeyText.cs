using System.Buffers;
using System.Security.Cryptography;
using System.Text;

namespace Orleans.Kpl.Administration;

/// <summary>The text of an API key, <c>kpl_ID_SECRET</c>. A tier keeps its SHA-256 only, which is enough: the secret has 160 random bits.</summary>
internal static class ApiKeyText
{
    /// <summary>The beginning of every key, so that scanners of sources and logs find one that went astray.</summary>
    public const string Prefix = "kpl_";

    /// <summary>The longest key that is looked at, in characters.</summary>
    public const int MaxLength = 128;

    private const int IdLength = 12;
    private const int SecretLength = 32;

    // Without l, o, 0 and 1, which people mistake for one another.
    private const string Alphabet = "abcdefghijkmnpqrstuvwxyz23456789";

    private static readonly SearchValues<char> IdCharacters = SearchValues.Create("abcdefghijklmnopqrstuvwxyz0123456789");

    /// <summary>Makes a key of random characters.</summary>
    public static string Create() =>
        $"{Prefix}{RandomNumberGenerator.GetString(Alphabet, IdLength)}_{RandomNumberGenerator.GetString(Alphabet, SecretLength)}";

    /// <summary>Returns the key's id, which is no secret; null if the text is no key.</summary>
    public static string? FindId(string text)
    {
        if (text.Length > MaxLength || !text.StartsWith(Prefix, StringComparison.Ordinal))
            return null;
        var end = text.IndexOf('_', Prefix.Length);
        return end > Prefix.Length && end < text.Length - 1 && IsId(text.AsSpan(Prefix.Length, end - Prefix.Length)) ? text[Prefix.Length..end] : null;
    }

    /// <summary>Whether the text may be a key's id: lower-case letters and digits, at most 64.</summary>
    public static bool IsId(ReadOnlySpan<char> text) => text.Length is > 0 and <= 64 && !text.ContainsAnyExcept(IdCharacters);

    /// <summary>Returns what is kept of a key: the SHA-256 of its whole text.</summary>
    public static byte[] HashOf(string text) => SHA256.HashData(Encoding.UTF8.GetBytes(text));
}
