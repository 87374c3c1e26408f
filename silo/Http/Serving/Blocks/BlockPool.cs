using System.Buffers;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.DependencyInjection;

namespace Orleans.Kpl.Http.Serving.Blocks;

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
