using System.Buffers;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.DependencyInjection;
using Orleans.Kpl.Http.Serving;

namespace Orleans.Kpl.Http.Tests.Serving.Blocks;

public sealed class BlockPoolTests
{
    private const int SmallBytes = 4 << 10;

    [Fact]
    public void Rent_WhereAllLargeBlocksAreLent_LendsSmallOnes()
    {
        using var pool = new BlockPool(new LargeBlocks(2), MemoryPool<byte>.Shared);
        using IMemoryOwner<byte> first = pool.Rent(SmallBytes), second = pool.Rent(SmallBytes), third = pool.Rent(SmallBytes);

        Assert.Equal([LargeBlocks.BlockBytes, LargeBlocks.BlockBytes, SmallBytes], [first.Memory.Length, second.Memory.Length, third.Memory.Length]);
    }

    [Fact]
    public void Rent_AfterBlocksCameBack_LendsTheLastOneFirst()
    {
        var large = new LargeBlocks(2);
        var (first, second) = (large.TryRent()!, large.TryRent()!);
        second.Dispose();
        first.Dispose();

        Assert.Same(first, large.TryRent());
        Assert.Same(second, large.TryRent());
    }

    [Fact]
    public void Dispose_Twice_LendsTheBlockToOneBorrowerOnly()
    {
        var large = new LargeBlocks(2);
        var block = large.TryRent()!;
        block.Dispose();
        block.Dispose();

        Assert.NotSame(large.TryRent(), large.TryRent());
        Assert.Null(large.TryRent());
    }

    [Fact]
    public void Rent_OnManyThreads_LendsNoBlockTwiceAtATime()
    {
        var large = new LargeBlocks(3);
        Parallel.For(0, 10_000, i =>
        {
            using var block = large.TryRent();
            if (block is null)
                return;
            var mark = BitConverter.GetBytes(i);
            mark.CopyTo(block.Memory.Span);
            Assert.Equal(mark, block.Memory.Span[..mark.Length].ToArray());
        });

        Assert.All(Enumerable.Range(0, 3), _ => Assert.NotNull(large.TryRent()));
    }

    [Fact]
    public async Task Front_AfterItStopped_HasAllLargeBlocksBack()
    {
        LargeBlocks large;
        await using (var front = await Front.StartAsync())
        {
            large = front.Http.Services.GetRequiredService<LargeBlocks>();
            using var pool = front.Http.Services.GetRequiredService<IMemoryPoolFactory<byte>>().Create();
            using (var block = pool.Rent(SmallBytes))
                Assert.Equal(LargeBlocks.BlockBytes, block.Memory.Length);
            var answer = await front.PostAsync("/events/confirmed", $$"""{"partition_key":"a","payload":"{{new string('x', 3 * LargeBlocks.BlockBytes)}}"}""");
            Assert.Equal(200, answer.Status);
        }

        Assert.All(Enumerable.Range(0, LargeBlocks.Usual), _ => Assert.NotNull(large.TryRent()));
    }
}
