using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Orleans.Kpl.Administration;

/// <summary>
/// The proof that a client may call a stream's manager: for a minute, and for one method of one stream. It is an HMAC with a key that silos and
/// administering clients share.
/// </summary>
internal static class AdminToken
{
    /// <summary>The name under which it travels with a call.</summary>
    public const string Header = "kpl.admin";

    /// <summary>How long it is good.</summary>
    public static readonly TimeSpan Lifetime = TimeSpan.FromMinutes(1);

    /// <summary>How far clocks may be apart.</summary>
    private static readonly TimeSpan Skew = TimeSpan.FromSeconds(30);

    public static string Create(byte[] key, in AdminCall call, DateTimeOffset now)
    {
        var end = (now + Lifetime).ToUnixTimeSeconds();
        return $"{end.ToString(CultureInfo.InvariantCulture)}.{Convert.ToBase64String(Sign(key, call, end))}";
    }

    /// <summary>Returns the name of the key that a token is of; null unless it is for that call, and its time is neither over nor too far ahead.</summary>
    public static string? FindKey(string token, IReadOnlyList<byte[]> keys, in AdminCall call, DateTimeOffset now)
    {
        var dot = token.IndexOf('.', StringComparison.Ordinal);
        Span<byte> mac = stackalloc byte[HMACSHA256.HashSizeInBytes];
        if (dot <= 0 || !long.TryParse(token.AsSpan(0, dot), NumberStyles.None, CultureInfo.InvariantCulture, out var end)
            || !Convert.TryFromBase64Chars(token.AsSpan(dot + 1), mac, out var length) || length != mac.Length)
            return null;
        byte[]? found = null;
        foreach (var key in keys)
            found = CryptographicOperations.FixedTimeEquals(mac, Sign(key, call, end)) ? key : found;
        var seconds = now.ToUnixTimeSeconds();
        var isInTime = end >= seconds - (long)Skew.TotalSeconds && end <= seconds + (long)(Lifetime + Skew).TotalSeconds;
        return found is not null && isInTime ? NameOf(found) : null;
    }

    /// <summary>Names a key in the log, without telling anything of it.</summary>
    public static string NameOf(byte[] key) => Convert.ToHexStringLower(HMACSHA256.HashData(key, "kpl admin key"u8).AsSpan(0, 4));

    // None of the parts can hold a line end: names of clusters and methods cannot, and a stream with one is no stream.
    private static byte[] Sign(byte[] key, in AdminCall call, long end) =>
        HMACSHA256.HashData(key, Encoding.UTF8.GetBytes(
            string.Create(CultureInfo.InvariantCulture, $"kpl-admin\n{call.Cluster}\n{call.Method}\n{end}\n{call.Stream}")));
}

/// <summary>The call that a token is for.</summary>
/// <param name="Stream">The key of the stream's manager.</param>
internal readonly record struct AdminCall(string Cluster, string Stream, string Method);
