using System.Buffers;
using System.Text;

namespace Orleans.Kpl.Aws.Signing;

/// <summary>UTF-8 text of a known maximum length in a rented buffer.</summary>
internal ref struct SigningText(int capacity)
{
    private readonly byte[] _buffer = ArrayPool<byte>.Shared.Rent(capacity);
    private int _length;

    public readonly ReadOnlySpan<byte> Written => _buffer.AsSpan(0, _length);

    public void Append(string? text) => _length += Encoding.UTF8.GetBytes(text, _buffer.AsSpan(_length));

    public void AppendHex(ReadOnlySpan<byte> bytes)
    {
        Convert.TryToHexStringLower(bytes, _buffer.AsSpan(_length), out var written);
        _length += written;
    }

    public readonly void Dispose() => ArrayPool<byte>.Shared.Return(_buffer);
}
