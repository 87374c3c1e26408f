using System.Buffers;

namespace Orleans.Kpl.LocalKinesis.Wire;

/// <summary>Bytes that grow in an array of the shared pool.</summary>
internal sealed class PooledBytes(int capacity) : IBufferWriter<byte>, IDisposable
{
    private byte[] _array = ArrayPool<byte>.Shared.Rent(capacity);

    public int Length { get; private set; }

    public Memory<byte> Memory => _array.AsMemory(0, Length);

    public ReadOnlySpan<byte> Span => _array.AsSpan(0, Length);

    /// <summary>Room for at least <paramref name="count"/> more bytes; <see cref="Advance"/> says how many were used.</summary>
    public Memory<byte> GetMemory(int count = 0)
    {
        if (_array.Length - Length < count) Grow(count);
        return _array.AsMemory(Length);
    }

    public Span<byte> GetSpan(int count = 0) => GetMemory(count).Span;

    public void Advance(int count) => Length += count;

    public void Add(byte value)
    {
        GetSpan(1)[0] = value;
        Length++;
    }

    public void Add(ReadOnlySpan<byte> values)
    {
        values.CopyTo(GetSpan(values.Length));
        Length += values.Length;
    }

    public void Clear() => Length = 0;

    public void Dispose()
    {
        ArrayPool<byte>.Shared.Return(_array);
        _array = [];
        Length = 0;
    }

    private void Grow(int count)
    {
        var larger = ArrayPool<byte>.Shared.Rent(Math.Max(Length + count, _array.Length * 2));
        Span.CopyTo(larger);
        ArrayPool<byte>.Shared.Return(_array);
        _array = larger;
    }
}
