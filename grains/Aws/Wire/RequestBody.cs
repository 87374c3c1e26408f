using System.Security.Cryptography;

namespace Orleans.Kpl.Aws.Wire;

/// <summary>The body of one request: its length and hash are known before it is sent, and it can be sent again.</summary>
internal abstract class RequestBody : IDisposable
{
    public abstract long Length { get; }

    /// <summary>The body's SHA-256, for the signature.</summary>
    public ReadOnlySpan<byte> Hash => HashBytes;

    protected byte[] HashBytes { get; } = new byte[SHA256.HashSizeInBytes];

    public abstract ValueTask WriteToAsync(Stream stream, CancellationToken cancellationToken);

    /// <summary>Gives the buffers back; nothing may be writing them.</summary>
    public abstract void Dispose();
}
