using System.Buffers;
using System.Security.Cryptography;
using System.Text.Json;

namespace Orleans.Kpl.Aws.Bodies;

/// <summary>The body of a request that puts no records, written as a whole.</summary>
internal sealed class BufferedBody : RequestBody
{
    private readonly ArrayBufferWriter<byte> _text;

    private BufferedBody(ArrayBufferWriter<byte> text)
    {
        _text = text;
        SHA256.HashData(text.WrittenSpan, HashBytes);
    }

    public override long Length => _text.WrittenCount;

    /// <summary>Writes a JSON object with the members that <paramref name="members"/> writes.</summary>
    public static BufferedBody Write<TState>(TState state, Action<Utf8JsonWriter, TState> members)
    {
        var text = new ArrayBufferWriter<byte>(512);
        using var json = new Utf8JsonWriter(text);
        json.WriteStartObject();
        members(json, state);
        json.WriteEndObject();
        json.Flush();
        return new BufferedBody(text);
    }

    public override ValueTask WriteToAsync(Stream stream, CancellationToken cancellationToken) =>
        stream.WriteAsync(_text.WrittenMemory, cancellationToken);

    public override void Dispose()
    {
    }
}
