using System.Buffers;
using System.Collections.Concurrent;
using Microsoft.AspNetCore.Connections;

namespace Orleans.Kpl.LocalKinesis.Front;

/// <summary>
/// Socket buffers of 64 KiB in place of Kestrel's 4 KiB: calls carry megabytes, and each buffer costs a system call.
/// </summary>
internal sealed class LargeBlocks : MemoryPool<byte>, IMemoryPoolFactory<byte>
{
    private const int BlockBytes = 64 << 10;
    private const int MostSpare = 256;

    private readonly ConcurrentQueue<Block> _spare = new();

    public override int MaxBufferSize => BlockBytes;

    public MemoryPool<byte> Create(MemoryPoolOptions? options = null) => this;

    public override IMemoryOwner<byte> Rent(int minBufferSize = -1)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(minBufferSize, BlockBytes);
        return _spare.TryDequeue(out var block) ? block : new(this);
    }

    /// <summary>Blocks are memory like any other: what is not rented goes with the pool.</summary>
    protected override void Dispose(bool disposing) => _spare.Clear();

    private sealed class Block(LargeBlocks pool) : IMemoryOwner<byte>
    {
        public Memory<byte> Memory { get; } = GC.AllocateUninitializedArray<byte>(BlockBytes, pinned: true);

        public void Dispose()
        {
            if (pool._spare.Count < MostSpare) pool._spare.Enqueue(this);
        }
    }
}
