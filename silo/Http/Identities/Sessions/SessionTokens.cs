using System.Buffers.Binary;
using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;

namespace Orleans.Kpl.Http.Identities.Sessions;

/// <summary>
/// Makes session keys, and finds them again in their own token: nothing is stored, so that any process with the sealing keys takes them. A token is
/// version, key's name (4 bytes), nonce (12) and tag (16), then sealed with AES-GCM: expiry (8), lengths of id and secret, id, secret, identity.
/// </summary>
internal sealed class SessionTokens
{
    /// <summary>The beginning of every session's access key id.</summary>
    public const string IdPrefix = "KPLS";

    private const byte Version = 1;
    private const int NameBytes = 4;
    private const int NonceBytes = 12;
    private const int TagBytes = 16;
    private const int HeaderBytes = 1 + NameBytes;
    private const int SealedStart = HeaderBytes + NonceBytes + TagBytes;
    private const int FixedBytes = sizeof(long) + 2;
    private const int LongestText = 2_048;
    private const int IdLength = 16;
    private const int SecretLength = 40;
    private const string IdAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    private const string SecretAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

    public static SessionAccessKey Create(string identity, DateTimeOffset expires) => new(
        IdPrefix + RandomNumberGenerator.GetString(IdAlphabet, IdLength), RandomNumberGenerator.GetString(SecretAlphabet, SecretLength), identity,
        DateTimeOffset.FromUnixTimeSeconds(expires.ToUnixTimeSeconds()));

    /// <summary>Seals a session key into its token.</summary>
    public static string Seal(SessionAccessKey session, byte[] key)
    {
        var plain = Pack(session);
        var token = new byte[SealedStart + plain.Length];
        token[0] = Version;
        NameOf(key).CopyTo(token.AsSpan(1));
        RandomNumberGenerator.Fill(token.AsSpan(HeaderBytes, NonceBytes));
        using var cipher = new AesGcm(key, TagBytes);
        cipher.Encrypt(token.AsSpan(HeaderBytes, NonceBytes), plain, token.AsSpan(SealedStart), token.AsSpan(HeaderBytes + NonceBytes, TagBytes),
            token.AsSpan(0, HeaderBytes));
        return Base64Url.EncodeToString(token);
    }

    /// <summary>Opens a token with one of the keys; null if none of them sealed it. Whether it has expired is not asked.</summary>
    public static SessionAccessKey? Open(string text, IReadOnlyList<byte[]> keys)
    {
        if (text.Length > LongestText || !Base64Url.IsValid(text, out var length) || length < SealedStart + FixedBytes)
            return null;
        var token = Base64Url.DecodeFromChars(text);
        if (token[0] != Version)
            return null;
        foreach (var key in keys)
        {
            if (token.AsSpan(1, NameBytes).SequenceEqual(NameOf(key)) && TryDecrypt(token, key) is { } plain)
                return Unpack(plain);
        }
        return null;
    }

    private static byte[]? TryDecrypt(byte[] token, byte[] key)
    {
        var plain = new byte[token.Length - SealedStart];
        using var cipher = new AesGcm(key, TagBytes);
        try
        {
            cipher.Decrypt(token.AsSpan(HeaderBytes, NonceBytes), token.AsSpan(SealedStart), token.AsSpan(HeaderBytes + NonceBytes, TagBytes), plain,
                token.AsSpan(0, HeaderBytes));
            return plain;
        }
        catch (AuthenticationTagMismatchException)
        {
            return null; // Somebody changed the token.
        }
    }

    /// <summary>Names a key without telling anything of it.</summary>
    private static byte[] NameOf(byte[] key) => HMACSHA256.HashData(key, "kpl session key"u8)[..NameBytes];

    private static byte[] Pack(SessionAccessKey session)
    {
        var identity = Encoding.UTF8.GetBytes(session.Identity);
        var plain = new byte[FixedBytes + session.Id.Length + session.Secret.Length + identity.Length];
        BinaryPrimitives.WriteInt64BigEndian(plain, session.Expires.ToUnixTimeSeconds());
        plain[sizeof(long)] = (byte)session.Id.Length;
        plain[sizeof(long) + 1] = (byte)session.Secret.Length;
        var rest = plain.AsSpan(FixedBytes);
        rest = rest[Encoding.ASCII.GetBytes(session.Id, rest)..];
        rest = rest[Encoding.ASCII.GetBytes(session.Secret, rest)..];
        identity.CopyTo(rest);
        return plain;
    }

    private static SessionAccessKey? Unpack(ReadOnlySpan<byte> plain)
    {
        var (id, secret) = (plain[sizeof(long)], plain[sizeof(long) + 1]);
        var rest = plain[FixedBytes..];
        return id + secret > rest.Length ? null : new SessionAccessKey(
            Encoding.ASCII.GetString(rest[..id]), Encoding.ASCII.GetString(rest.Slice(id, secret)), Encoding.UTF8.GetString(rest[(id + secret)..]),
            DateTimeOffset.FromUnixTimeSeconds(BinaryPrimitives.ReadInt64BigEndian(plain)));
    }
}

/// <summary>An access key for a short while.</summary>
/// <param name="Id">The access key id.</param>
/// <param name="Secret">The secret access key, in ASCII.</param>
/// <param name="Expires">From when on it is over, in whole seconds.</param>
internal sealed record SessionAccessKey(string Id, string Secret, string Identity, DateTimeOffset Expires)
{
    /// <summary>Tells no secret.</summary>
    public override string ToString() => $"session of {Identity} until {Expires:O}";
}
