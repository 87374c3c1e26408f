using Orleans.Kpl.Pipeline.Aggregation;
using Orleans.Kpl.Pipeline.Tests.Simulation;

namespace Orleans.Kpl.Pipeline.Tests.Aggregation;

public class BufferPoolTests
{
    [Fact]
    public void Rent_OfAnySize_IsLargeEnoughAndWastesLittle()
    {
        for (var size = 0; size < 17 * 1024 * 1024; size += 1 + size / 50)
        {
            var buffer = BufferPool.Rent(size);

            Assert.InRange(buffer.Length, size, Math.Max(256, size + size / 4));

            BufferPool.Return(buffer);
            // What came back must never be handed out as more than it is.
            Assert.InRange(BufferPool.Rent(size).Length, size, int.MaxValue);
        }
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
}
