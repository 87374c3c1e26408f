using System.Buffers;

namespace Orleans.Kpl.Testing;

/// <summary>Memory that its owner may take back: from then on it cannot be read.</summary>
internal sealed class OwnedMemory(params byte[] bytes) : MemoryManager<byte>
{
    public bool IsTakenBack { get; set; }

    public override Memory<byte> Memory => CreateMemory(bytes.Length);

    public override Span<byte> GetSpan()
    {
        ObjectDisposedException.ThrowIf(IsTakenBack, this);
        return bytes;
    }

    public override MemoryHandle Pin(int elementIndex = 0) => throw new NotSupportedException();

    public override void Unpin()
    {
    }

    /// <summary>The array is there, whoever has the memory.</summary>
    protected override bool TryGetArray(out ArraySegment<byte> segment)
    {
        segment = bytes;
        return true;
    }

    protected override void Dispose(bool disposing)
    {
    }
}
