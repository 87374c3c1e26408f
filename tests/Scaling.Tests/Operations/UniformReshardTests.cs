using Orleans.Kpl.Pipeline.Tests.Simulation;
using Orleans.Kpl.Scaling.Operations;

namespace Orleans.Kpl.Scaling.Tests.Operations;

/// <summary>
/// UpdateShardCount gets to its even ranges by splits and merges, with shards that live for a moment; AWS does not tell their order. The
/// boundaries at the end are all that can be announced, and all that is needed: whatever shard there is on the way ends at one of those or at one
/// that was there before, and no aggregate straddles either.
/// </summary>
public sealed class UniformReshardTests
{
    public static TheoryData<OrderedMode, int> Seeds
    {
        get
        {
            var data = new TheoryData<OrderedMode, int>();
            foreach (var mode in (OrderedMode[])[OrderedMode.Off, OrderedMode.PutRecords])
            {
                for (var seed = 1; seed <= 25; seed++)
                    data.Add(mode, seed);
            }

            return data;
        }
    }

    [Theory]
    [MemberData(nameof(Seeds))]
    public async Task UpdateShardCount_BySplitsAndMergesInAnyOrder_SendsNothingTwice(OrderedMode mode, int seed)
    {
        var random = new Random(seed);
        var from = random.Next(2, 7);
        var to = random.Next((from + 1) / 2, (2 * from) + 1);
        await using var harness = new PipelineHarness(from, o => (o.Ordered, o.AggregationMaxSize, o.RateLimit) = (mode, 400, 1_000), seed);
        var service = new UniformScaling(harness, random, to, lagMs: random.Next(2) * random.Next(1, 2_000));
        var puts = new List<Task<RecordResult[]>>();
        for (var batch = 0; batch < 60 || !service.IsOver; batch++)
        {
            puts.Add(harness.Producer.PutAsync(PipelineHarness.Stream, Records(batch)).AsTask());
            await PipelineHarness.SettleAsync();
            if (batch == 5)
            {
                var step = new OperationStep(ReshardStepKind.UpdateShardCount, 0, UInt128.MaxValue, 0, to);
                await harness.DriveAsync(harness.Producer.AnnounceBoundaries(PipelineHarness.Stream, StepEvidence.Boundaries(step)), 1);
                service.Begin();
            }

            harness.Time.Advance(TimeSpan.FromMilliseconds(random.Next(1, 60)));
        }

        var results = (await harness.DriveAsync(Task.WhenAll(puts))).SelectMany(r => r).ToList();

        Visible.Check(harness, results);
        Assert.Equal(to, harness.Kinesis.Shards.Count);
        Assert.Equal(0, Visible.Duplicates(harness));
        Assert.All(results, r => Assert.Single(r.Attempts));
    }

    private static UserRecord[] Records(int batch) => [.. Enumerable.Range(batch * 50, 50).Select(i => PipelineHarness.Record(i))];

    /// <summary>The service: one split or merge after the other, each perhaps in the middle of a call, told by ListShards later.</summary>
    private sealed class UniformScaling
    {
        private readonly PipelineHarness _harness;
        private readonly Random _random;
        private readonly HashSet<UInt128> _even;
        private readonly List<(long At, IReadOnlyList<ShardRange> Shards)> _told = [];
        private int _entriesLeft = int.MaxValue;
        private int _next = 100;

        /// <summary>Its boundaries may be a few hash keys away from where they were announced.</summary>
        public UniformScaling(PipelineHarness harness, Random random, int target, int lagMs)
        {
            (_harness, _random) = (harness, random);
            var rounding = (UInt128)random.Next(3);
            var there = harness.Kinesis.Shards.Skip(1).Select(s => s.StartingHashKey).ToList();
            _even = [.. EvenRanges.Boundaries(target, there, 0).Select(b => there.Contains(b) ? b : b + rounding)];
            _told.Add((long.MinValue, harness.Kinesis.Shards));
            harness.Kinesis.BeforeEntry = _ =>
            {
                if (_entriesLeft-- == 0)
                    Step();
            };
            harness.Kinesis.Listed = () =>
            {
                var told = _told.FindLastIndex(t => t.At <= harness.Time.GetTimestamp() - (lagMs * TimeSpan.TicksPerMillisecond));
                return told == _told.Count - 1 ? null : _told[Math.Max(told, 0)].Shards;
            };
        }

        public bool IsOver => Splits.Count + Merges.Count == 0;

        public void Begin() => _entriesLeft = _random.Next(20);

        private List<UInt128> Starts => [.. _harness.Kinesis.Shards.Select(s => s.StartingHashKey).Where(s => s != 0)];

        private List<UInt128> Splits => [.. _even.Except(Starts)];

        private List<UInt128> Merges => [.. Starts.Except(_even)];

        private void Step()
        {
            var (splits, merges) = (Splits, Merges);
            if (splits.Count + merges.Count == 0)
                return;
            var chosen = _random.Next(splits.Count + merges.Count);
            var shards = _harness.Kinesis.Shards;
            var at = chosen < splits.Count ? splits[chosen] : merges[chosen - splits.Count];
            var parents = shards.Where(s => s.Contains(at) || (chosen >= splits.Count && s.EndingHashKey == at - 1)).OrderBy(s => s.StartingHashKey).ToList();
            var (start, end) = (parents[0].StartingHashKey, parents[^1].EndingHashKey);
            ShardRange[] children = parents.Count == 1 ? [New(start, at - 1), New(at, end)] : [New(start, end)];
            _harness.Kinesis.Reshard([.. shards.Except(parents).Concat(children).OrderBy(s => s.StartingHashKey)]);
            _told.Add((_harness.Time.GetTimestamp(), _harness.Kinesis.Shards));
            _entriesLeft = _random.Next(40);
        }

        private ShardRange New(UInt128 start, UInt128 end) => new($"shardId-{_next++:D12}", start, end);
    }
}
