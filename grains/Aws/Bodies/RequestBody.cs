using System.Security.Cryptography;

namespace Orleans.Kpl.Aws.Bodies;

/// <summary>The body of one request: its length and hash are known before it is sent, and it can be sent again.</summary>
internal abstract class RequestBody : IDisposable
{
    public abstract long Length { get; }

    /// <summary>The format that the body is written in.</summary>
    public virtual WireFormat Format => WireFormat.Json;

    /// <summary>The body's SHA-256, for the signature.</summary>
    public virtual ReadOnlySpan<byte> Hash => HashBytes;

    protected byte[] HashBytes { get; } = new byte[SHA256.HashSizeInBytes];

    public abstract ValueTask WriteToAsync(Stream stream, CancellationToken cancellationToken);

    /// <summary>Returns the same request as a JSON body, for a service that accepts only JSON. Only a body in another format has one.</summary>
    public virtual RequestBody InJson() => throw new InvalidOperationException("The body is JSON.");

    /// <summary>Returns the rented buffers; no connection may still be sending from them.</summary>
    public abstract void Dispose();

    /// <summary>Has the platform hash a text, and returns its length.</summary>
    protected static int Hashed(ReadOnlySpan<byte> text, Span<byte> hash)
    {
        SHA256.HashData(text, hash);
        return text.Length;
    }
}
