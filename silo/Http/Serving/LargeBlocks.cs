using System.Buffers;
using Microsoft.AspNetCore.Connections;

namespace Orleans.Kpl.Http.Serving;

/// <summary>
/// A bounded number of large blocks of memory for the bytes of sockets. Kestrel's own blocks have 4 KiB: a body of 90 KiB takes 23 of them, and two calls
/// to the system for each. Idle blocks stay here. Safe on any thread.
/// </summary>
/// <param name="most">How many there may be. Whoever finds none uses small ones: thousands of slow sockets hold hardly more than without these.</param>
internal sealed class LargeBlocks(int most)
{
    public const int BlockBytes = 64 << 10;

    /// <summary>How many a process has: 8 MiB.</summary>
    public const int Usual = 128;

    private readonly Lock _lock = new();

    // The last one to come back is the first to go: the processor's caches have it.
    private readonly Stack<Block> _idle = new();
    private int _made;

    /// <summary>Lends a block; null where all are in use.</summary>
    public IMemoryOwner<byte>? TryRent()
    {
        lock (_lock)
        {
            if (_idle.TryPop(out var block))
            {
                block.IsLent = true;
                return block;
            }

            if (_made == most)
                return null;
            _made++;
        }

        return new Block(this);
    }

    private void Return(Block block)
    {
        lock (_lock)
        {
            // Twice would be two borrowers of the same bytes.
            if (!block.IsLent)
                return;
            block.IsLent = false;
            _idle.Push(block);
        }
    }

    private sealed class Block(LargeBlocks owner) : IMemoryOwner<byte>
    {
        /// <summary>Read and written under the owner's lock.</summary>
        public bool IsLent { get; set; } = true;

        public Memory<byte> Memory { get; } = GC.AllocateUninitializedArray<byte>(BlockBytes, pinned: true);

        public void Dispose() => owner.Return(this);
    }
}

/// <summary>The memory of one of the server's parts: large blocks while there are any, then Kestrel's own.</summary>
internal sealed class BlockPool(LargeBlocks large, MemoryPool<byte> small) : MemoryPool<byte>
{
    public override int MaxBufferSize => small.MaxBufferSize;

    /// <summary>Has the server take its memory so, once Kestrel is among the services.</summary>
    public static void Use(IServiceCollection services)
    {
        // All parts of the server share the large ones.
        services.AddSingleton(new LargeBlocks(LargeBlocks.Usual));
        var own = services.Last(static s => s.ServiceType == typeof(IMemoryPoolFactory<byte>));
        services.AddSingleton<IMemoryPoolFactory<byte>>(s => new Factory(s.GetRequiredService<LargeBlocks>(), (IMemoryPoolFactory<byte>)(
            own.ImplementationFactory is { } make ? make(s) : ActivatorUtilities.CreateInstance(s, own.ImplementationType!))));
    }

    public override IMemoryOwner<byte> Rent(int minBufferSize = -1) =>
        minBufferSize <= MaxBufferSize && large.TryRent() is { } block ? block : small.Rent(minBufferSize);

    protected override void Dispose(bool disposing)
    {
        if (disposing)
            small.Dispose();
    }

    private sealed class Factory(LargeBlocks large, IMemoryPoolFactory<byte> small) : IMemoryPoolFactory<byte>
    {
        public MemoryPool<byte> Create(MemoryPoolOptions? options = null) => new BlockPool(large, small.Create(options));
    }
}
