using Orleans.Kpl.Aggregation.Buffers;

namespace Orleans.Kpl.Aggregation.Tests;

public class SharedBuffersTests
{
    private static readonly AggregationLimits Limits = new(uint.MaxValue, 51_200);

    private readonly SharedBuffers _buffers = new();

    [Theory]
    [InlineData(ContainerKey.A)]
    [InlineData(ContainerKey.First)]
    public void Hold_OfAggregatesThatLeftEarly_BringsThemTogetherWithEveryByte(ContainerKey containerKey)
    {
        var sent = Enumerable.Range(0, 40).Select(i => Some(i, 1 + i % 15)).ToArray();
        var records = sent.Select(r => Close(containerKey, r)).ToArray();
        var expected = sent.Select(r =>
        {
            using var closed = ClosedAggregate.Of(new AggregateBuilder(Limits, containerKey: containerKey), r);
            return (closed.Hex, closed.PartitionKey, closed.HashKey);
        }).ToArray();

        var held = records.Select(r => _buffers.Hold(r)).ToArray();

        Assert.InRange(held.Select(h => h.Buffer).Distinct().Count(), 1, 2 + (held.Sum(h => h.Size) / 50_000));
        Assert.Equal(expected, held.Select(h =>
        {
            using var closed = new ClosedAggregate(h);
            return (closed.Hex, closed.PartitionKey, closed.HashKey);
        }));
    }

    [Fact]
    public void Hold_OfAFullOne_CopiesNothing()
    {
        var record = Close(ContainerKey.A, Some(1, 50));

        var held = _buffers.Hold(record);

        Assert.Same(record.Buffer, held.Buffer);
        Assert.False(held.IsShared);
        held.Release();
    }

    [Fact]
    public void Hold_OfOneThatIsHeld_ChangesNothing()
    {
        var held = _buffers.Hold(Close(ContainerKey.A, Some(1, 10)));

        var again = _buffers.Hold(held);

        Assert.Equal((held.Buffer, held.Offset, held.Length), (again.Buffer, again.Offset, again.Length));
        again.Release();
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Hold_AndReleaseInAnyOrder_NeverTouchesAnother(int seed)
    {
        var random = new Random(seed);
        var held = new List<(EncodedRecord Record, byte[] Bytes, byte[] Key)>();
        for (var step = 0; step < 2_000; step++)
        {
            if (held.Count < 100 && random.Next(2) == 0)
            {
                var record = Close((ContainerKey)random.Next(2), Some(step, random.Next(1, 51)));
                AggregateSealer.Seal([record]);
                var (bytes, key) = (record.Payload.ToArray(), record.PartitionKey.ToArray());
                held.Add((_buffers.Hold(record), bytes, key));
            }
            else if (held.Count > 0)
            {
                var place = random.Next(held.Count);
                var (record, bytes, key) = held[place];
                // A trailer is written again at each try.
                AggregateSealer.Seal([record]);
                Assert.True(record.Payload.Span.SequenceEqual(bytes));
                Assert.True(record.PartitionKey.Span.SequenceEqual(key));
                held.RemoveAt(place);
                record.Release();
                // Whatever is in the pool now may be written by others.
                var others = BufferPool.Rent(random.Next(1, 57_344));
                others.AsSpan().Fill(0xEE);
                BufferPool.Return(others);
            }
        }

        foreach (var (record, bytes, _) in held)
        {
            Assert.True(record.Payload.Span.SequenceEqual(bytes));
            record.Release();
        }
    }

    private static TestRecord[] Some(int seed, int count) =>
        [.. Enumerable.Range(0, count).Select(i => new TestRecord($"key {seed} {i}", null, [.. Enumerable.Repeat((byte)(seed + i), 1_000)]))];

    /// <summary>In a buffer of the size that a full aggregate has.</summary>
    private static EncodedRecord Close(ContainerKey containerKey, params TestRecord[] records)
    {
        var builder = new AggregateBuilder(Limits, containerKey: containerKey);
        foreach (var record in records)
            Assert.True(record.TryAddTo(builder));
        return builder.Close().MoveTo(new byte[57_344], 100, null);
    }
}
