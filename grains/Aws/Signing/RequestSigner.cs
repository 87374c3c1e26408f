using System.Buffers;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Orleans.Kpl.Aws.Signing;

/// <summary>
/// Signs requests whose whole body is known with Signature Version 4 (AWS, "Create a signed AWS API request").
/// Kinesis accepts no unsigned payload, so the body's SHA-256 is always part of the signature.
/// </summary>
internal sealed class RequestSigner(string region, string service)
{
    private const string Algorithm = "AWS4-HMAC-SHA256";

    /// <summary>Formats the value of <c>x-amz-date</c>, which must be among the signed headers.</summary>
    public static string FormatTime(DateTimeOffset time) =>
        time.UtcDateTime.ToString("yyyyMMdd'T'HHmmss'Z'", CultureInfo.InvariantCulture);

    /// <summary>Signs a request and returns the value of its <c>Authorization</c> header.</summary>
    public string Sign(in RequestToSign request, SigningCredentials credentials, DateTimeOffset time)
    {
        var key = credentials.KeyFor(DateOnly.FromDateTime(time.UtcDateTime), region, service);
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        HashCanonicalRequest(request, hash);
        Span<byte> signature = stackalloc byte[HMACSHA256.HashSizeInBytes];
        SignHash(hash, key, time, signature);

        var text = new StringBuilder(320)
            .Append(Algorithm).Append(" Credential=").Append(credentials.AccessKeyId).Append('/').Append(key.Scope)
            .Append(", SignedHeaders=");
        for (var i = 0; i < request.Headers.Length; i++)
            text.Append(i == 0 ? "" : ";").Append(request.Headers[i].Name);
        Span<char> hex = stackalloc char[2 * HMACSHA256.HashSizeInBytes];
        Convert.TryToHexStringLower(signature, hex, out _);
        return text.Append(", Signature=").Append(hex).ToString();
    }

    private static void HashCanonicalRequest(in RequestToSign request, Span<byte> hash)
    {
        var text = new SigningText(CanonicalLength(request));
        text.Append(request.Method, "\n", request.CanonicalPath, "\n", request.CanonicalQuery, "\n");
        foreach (var header in request.Headers)
            text.Append(header.Name, ":", header.Value, "\n");
        for (var i = 0; i < request.Headers.Length; i++)
            text.Append(i == 0 ? "\n" : ";", request.Headers[i].Name);
        text.Append("\n");
        text.AppendHex(request.BodyHash);
        SHA256.HashData(text.Written, hash);
        text.Dispose();
    }

    private static void SignHash(ReadOnlySpan<byte> canonicalHash, SigningKey key, DateTimeOffset time, Span<byte> signature)
    {
        var text = new SigningText(128 + 3 * key.Scope.Length);
        text.Append(Algorithm, "\n", FormatTime(time), "\n", key.Scope, "\n");
        text.AppendHex(canonicalHash);
        key.Sign(text.Written, signature);
        text.Dispose();
    }

    private static int CanonicalLength(in RequestToSign request)
    {
        var characters = request.Method.Length + request.CanonicalPath.Length + (request.CanonicalQuery?.Length ?? 0);
        foreach (var header in request.Headers)
            characters += 2 * header.Name.Length + header.Value.Length + 3;
        return 3 * characters + 128;
    }
}

/// <summary>The parts of a request that its signature covers.</summary>
internal readonly ref struct RequestToSign
{
    public required string Method { get; init; }

    /// <summary>The path as the signature uses it: URI-encoded twice.</summary>
    public required string CanonicalPath { get; init; }

    /// <summary>The query, encoded and sorted; empty if there is none.</summary>
    public string CanonicalQuery { get; init; }

    /// <summary>The headers in the order of their names.</summary>
    public required ReadOnlySpan<SignedHeader> Headers { get; init; }

    /// <summary>The SHA-256 of the body: 32 bytes.</summary>
    public required ReadOnlySpan<byte> BodyHash { get; init; }
}

/// <summary>A header that the signature covers: its name in lower case, its value without blanks at the ends.</summary>
internal readonly record struct SignedHeader(string Name, string Value);

/// <summary>UTF-8 text of a known maximum length in a rented buffer.</summary>
internal ref struct SigningText(int capacity)
{
    private readonly byte[] _buffer = ArrayPool<byte>.Shared.Rent(capacity);
    private int _length;

    public readonly ReadOnlySpan<byte> Written => _buffer.AsSpan(0, _length);

    public void Append(params ReadOnlySpan<string?> texts)
    {
        foreach (var text in texts)
            _length += Encoding.UTF8.GetBytes(text, _buffer.AsSpan(_length));
    }

    public void AppendHex(ReadOnlySpan<byte> bytes)
    {
        Convert.TryToHexStringLower(bytes, _buffer.AsSpan(_length), out var written);
        _length += written;
    }

    public readonly void Dispose() => ArrayPool<byte>.Shared.Return(_buffer);
}
