using Orleans.Kpl.Aggregation;
using Orleans.Kpl.Deaggregation.Hashing;
using Orleans.Kpl.Pipeline.Maps;
using Orleans.Kpl.Pipeline.Tests.Whole;

namespace Orleans.Kpl.Pipeline.Tests.Road;

/// <summary>The pool is the process's, so these run while no other test takes buffers.</summary>
[CollectionDefinition(nameof(AllocationTests), DisableParallelization = true)]
[Collection(nameof(AllocationTests))]
public class AllocationTests
{
    private const int Keys = 2_000;

    private readonly AggregateBuilder _builder = new(new AggregationLimits(uint.MaxValue, 51_200));
    private readonly byte[] _keys = new byte[Keys * 36];
    private readonly int[] _ends = [.. Enumerable.Range(1, Keys).Select(i => i * 36)];
    private readonly UInt128[] _hashes = new UInt128[Keys];
    private readonly int[] _indexes = new int[Keys];
    private readonly byte[] _data = new byte[100];
    private readonly EncodedRecord[] _closed = new EncodedRecord[8];
    private readonly ShardMap _shards = ShardMaps.Of(1, [new ShardRange("shardId-000000000000", 0, UInt128.MaxValue)]);

    [Fact]
    public void WholeWay_WhenItHasRunBefore_AllocatesNothing()
    {
        new Random(1).NextBytes(_keys);
        Run(20);

        // The first run on another core makes that core's part of the pool: a few bytes once, whatever the number of records.
        Assert.Contains(0, Enumerable.Range(0, 5).Select(_ => AllocatedBy(() => Run(50))).ToArray());
    }

    /// <summary>Where there is no room, clients come again and again, and each time left hundreds of kilobytes to the garbage collector.</summary>
    [Fact]
    public async Task Batch_ThatIsRefused_LeavesTheMemoryForItsResultsToTheNext()
    {
        const int Records = 3_000, Rounds = 20;
        await using var harness = TimedIntakeTests.Full(OrderedMode.Off, free: 10);
        var records = PipelineHarness.Records(Records);
        var allocated = new long[Rounds];
        for (var round = 0; round < Rounds; round++)
        {
            var before = GC.GetAllocatedBytesForCurrentThread();
            var enqueuing = harness.Producer.EnqueueAsync(PipelineHarness.Stream, records, new PutOptions { AcceptTimeout = TimeSpan.FromSeconds(1) }).AsTask();
            allocated[round] = GC.GetAllocatedBytesForCurrentThread() - before;
            await Assert.ThrowsAsync<AcceptTimeoutException>(() => harness.DriveAsync(enqueuing));
        }

        Assert.InRange(allocated.Order().ElementAt(Rounds / 2), 0, Records * 10L);
    }

    private static long AllocatedBy(Action action)
    {
        var before = GC.GetAllocatedBytesForCurrentThread();
        action();
        return GC.GetAllocatedBytesForCurrentThread() - before;
    }

    private void Run(int rounds)
    {
        for (var round = 0; round < rounds; round++)
        {
            Md5Lanes.HashKeys(_keys, _ends, _hashes);
            _shards.Find(_hashes, _indexes);
            var closed = 0;
            for (var i = 0; i < Keys; i++)
            {
                var key = _keys.AsSpan(i * 36, 36);
                if (_builder.TryAdd(key, _hashes[i], i % 5 == 0, _data))
                    continue;
                _closed[closed++] = _builder.Close();
                Assert.True(_builder.TryAdd(key, _hashes[i], i % 5 == 0, _data));
            }
            _closed[closed++] = _builder.Close();
            AggregateSealer.Seal(_closed.AsSpan(0, closed));
            foreach (var record in _closed.AsSpan(0, closed))
                record.Release();
        }
    }
}
