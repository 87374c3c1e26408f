using Orleans.Kpl.Aggregation.Buffers;
using Orleans.Kpl.Pipeline.Tests.Simulation;

namespace Orleans.Kpl.Aggregation.Tests;

public class BufferPoolTests
{
    [Fact]
    public void Rent_OfAnySize_IsLargeEnoughAndNotManyTimesThat()
    {
        for (var size = 0; size < 17 * 1024 * 1024; size += 1 + size / 50)
        {
            var buffer = BufferPool.Rent(size);

            Assert.InRange(buffer.Length, size, Math.Max(1024, 5 * size));

            BufferPool.Return(buffer);
            // What came back must never be handed out as more than it is.
            Assert.InRange(BufferPool.Rent(size).Length, size, int.MaxValue);
        }
    }

    [Fact]
    public void Push_AtTheLimit_LetsGoOfSizesThatNobodyAsksFor()
    {
        var stack = new BufferStack(sizes: 3, maxBytes: 1_000);
        for (var i = 0; i < 10; i++)
            stack.TryPush(0, new byte[100]);
        Assert.True(stack.TryPop(0, out _));
        stack.Missed(1);
        for (var i = 0; i < 4; i++)
            stack.TryPush(1, new byte[200]);

        Assert.Equal(4, Drain(stack, 1));
        Assert.Equal(2, Drain(stack, 0));
    }

    [Fact]
    public void Push_AtTheLimit_KeepsSizesThatWereAskedForLater()
    {
        var stack = new BufferStack(sizes: 2, maxBytes: 1_000);
        for (var i = 0; i < 10; i++)
            stack.TryPush(0, new byte[100]);
        stack.Missed(1);
        stack.Missed(0);

        stack.TryPush(1, new byte[200]);

        Assert.Equal(0, Drain(stack, 1));
        Assert.Equal(10, Drain(stack, 0));
    }

    [Fact]
    public void Push_WhenAProducerMayHoldMore_KeepsThatMuch()
    {
        var stack = new BufferStack(sizes: 1, maxBytes: 1_000);
        stack.KeepUpTo(2_000);
        stack.KeepUpTo(500);

        var kept = Enumerable.Range(0, 30).Count(_ => stack.TryPush(0, new byte[100]));

        Assert.Equal(20, kept);
        Assert.Equal(20, Drain(stack, 0));
    }

    /// <summary>What a burst of one minute returned stayed in the process for ever: up to a GiB.</summary>
    [Fact]
    public void DropIdle_LeavesWhatWasNeededMeanwhile_AndDropsTheOthers()
    {
        var stack = new BufferStack(sizes: 2, maxBytes: 10_000);
        for (var i = 0; i < 10; i++)
            stack.TryPush(0, new byte[100]);
        stack.DropIdle();
        byte[][] needed = [.. Enumerable.Range(0, 3).Select(_ => stack.TryPop(0, out var buffer) ? buffer : [])];
        foreach (var buffer in needed)
            stack.TryPush(0, buffer);

        stack.DropIdle();
        Assert.Equal(3, Drain(stack, 0));
        Assert.Equal(100, Enumerable.Range(0, 200).Count(_ => stack.TryPush(1, new byte[100])));
    }

    [Fact]
    public async Task Rent_FromManyThreads_NeverGivesOneBufferTwice()
    {
        var workers = Enumerable.Range(0, 4).Select(worker => OwnThread.Run(() =>
        {
            var random = new Random(worker);
            var held = new Queue<(byte[] Buffer, int Mark)>();
            for (var i = 0; i < 50_000; i++)
            {
                var buffer = BufferPool.Rent(random.Next(2_000));
                var mark = (worker << 24) | i;
                BitConverter.TryWriteBytes(buffer, mark);
                held.Enqueue((buffer, mark));
                if (held.Count < 20)
                    continue;
                var (oldest, expected) = held.Dequeue();
                Assert.Equal(expected, BitConverter.ToInt32(oldest));
                BufferPool.Return(oldest);
            }
        }));

        await Task.WhenAll(workers);
    }

    private static int Drain(BufferStack stack, int size)
    {
        var count = 0;
        while (stack.TryPop(size, out _))
            count++;
        return count;
    }
}
