using System.Buffers;
using System.Security.Cryptography;
using System.Text.Json;

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
}

/// <summary>The body of a request that puts no records, written as a whole.</summary>
internal sealed class BufferedBody : RequestBody
{
    private readonly ArrayBufferWriter<byte> _text = new(512);

    /// <param name="members">Writes the members of a JSON object.</param>
    public BufferedBody(Action<Utf8JsonWriter> members)
    {
        using (var json = new Utf8JsonWriter(_text))
        {
            json.WriteStartObject();
            members(json);
            json.WriteEndObject();
        }

        SHA256.HashData(_text.WrittenSpan, HashBytes);
    }

    public override long Length => _text.WrittenCount;

    public override ValueTask WriteToAsync(Stream stream, CancellationToken cancellationToken) =>
        stream.WriteAsync(_text.WrittenMemory, cancellationToken);

    public override void Dispose()
    {
    }
}
