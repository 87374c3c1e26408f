using System.Globalization;
using System.Text;
using Orleans.Kpl.LocalKinesis;
using Orleans.Kpl.Producer.Tests.Faults;

namespace Orleans.Kpl.Grains.Tests.Tiers;

/// <summary>One caller that pipelines numbered records of a few keys into one producer, until it is told to stop.</summary>
internal sealed class OrderedTierLoad
{
    private const int AtOnce = 12;

    private readonly IKplProducer _front;
    private readonly string _prefix;
    private readonly int _keys;
    private readonly int _batch;
    private readonly CancellationTokenSource _stop = new();
    private readonly SemaphoreSlim _ended = new(0);
    private readonly Task _running;

    /// <param name="prefix">What its keys begin with; each load has its own.</param>
    /// <param name="batch">Records of a call.</param>
    public OrderedTierLoad(IKplProducer front, string prefix, int keys = 24, int batch = 24)
    {
        (_front, _prefix, _keys, _batch) = (front, prefix, keys, batch);
        _running = Task.Run(RunAsync);
    }

    /// <summary>What was told of each record, by its number.</summary>
    public List<RecordResult> Told { get; } = [];

    /// <summary>Whether it puts nothing any more, and everything that it put has ended.</summary>
    public bool IsOver => _running.IsCompleted;

    /// <summary>Completes when so many more calls have ended with all their records delivered, or the load has failed.</summary>
    public async Task EndedAsync(int calls)
    {
        while (_ended.Wait(TimeSpan.Zero))
        {
            // Those of before do not count.
        }

        for (var i = 0; i < calls; i++)
            await (await Task.WhenAny(_ended.WaitAsync(), _running).WaitAsync(Tier.Long));
    }

    public async Task StopAsync()
    {
        await _stop.CancelAsync();
        await _running.WaitAsync(Tier.Long);
    }

    /// <summary>Within each key the records that were told delivered are there, and appear for the first time in the order in which they were put.</summary>
    public void AssertInOrder(KinesisEndpoint kinesis)
    {
        var byKey = Lives.Visible(kinesis, Tier.Stream).Where(s => s.Key.StartsWith(_prefix, StringComparison.Ordinal)).GroupBy(s => s.Key)
            .ToDictionary(g => g.Key, g => g.Select(s => int.Parse(s.Data, CultureInfo.InvariantCulture)).Distinct().ToList());
        for (var key = 0; key < _keys; key++)
        {
            var first = byKey[KeyOf(key)].Where(n => Told[n].IsSuccess).ToList();
            Assert.Equal(first.Order(), first);
            Assert.Equal(Enumerable.Range(0, Told.Count).Count(n => n % _keys == key && Told[n].IsSuccess), first.Count);
        }
    }

    /// <summary>Each record lies in Kinesis once, and was sent once.</summary>
    public void AssertOnce(KinesisEndpoint kinesis)
    {
        var copies = ConsumerView.Of(kinesis, Tier.Stream).Where(s => s.Key.StartsWith(_prefix, StringComparison.Ordinal))
            .GroupBy(s => int.Parse(s.Data, CultureInfo.InvariantCulture)).Where(g => g.Count() > 1)
            .Select(g => $"{g.Key} ({string.Join(", ", g.Select(s => s.ShardId))}): {string.Join("; ", Told[g.Key].Attempts)}").ToList();
        Assert.True(copies.Count == 0, $"{copies.Count} of {Told.Count} records of {_prefix} are there twice:\n{string.Join('\n', copies.Take(20))}");
        Assert.All(Told, r => Assert.Single(r.Attempts));
    }

    private async Task RunAsync()
    {
        var underWay = new Queue<EnqueuedBatch>();
        for (var next = 0; !_stop.IsCancellationRequested; next += _batch)
        {
            var records = Enumerable.Range(next, _batch)
                .Select(n => new UserRecord(KeyOf(n % _keys), Encoding.UTF8.GetBytes(n.ToString(CultureInfo.InvariantCulture)))).ToArray();
            underWay.Enqueue(await _front.EnqueueAsync(Tier.Stream, records));
            if (underWay.Count >= AtOnce)
                await EndAsync(underWay.Dequeue());
        }

        while (underWay.TryDequeue(out var batch))
            await EndAsync(batch);
    }

    private async Task EndAsync(EnqueuedBatch batch)
    {
        var results = await batch.Delivery.WaitAsync(Tier.Long);
        Told.AddRange(results);
        if (results.All(static r => r.IsSuccess))
            _ended.Release();
        batch.Dispose();
    }

    public override string ToString() => _prefix;

    private string KeyOf(int key) => $"{_prefix}{key}";
}

/// <summary>What consumers see under a stream's name, in all the streams that had it: one that is created again numbers its shards from 0 again.</summary>
internal static class Lives
{
    /// <summary>The oldest stream first; within each, shard by shard, in the order of each shard.</summary>
    public static List<SeenRecord> Visible(KinesisEndpoint kinesis, string stream) =>
        [.. kinesis.FormerStreams.Where(s => s.Name == stream).Append(kinesis.Get(stream)).SelectMany(life => VisibleIn(kinesis, life))];

    private static IEnumerable<SeenRecord> VisibleIn(KinesisEndpoint kinesis, StreamSnapshot life)
    {
        var shards = life.Shards.ToDictionary(s => s.ShardId);
        return kinesis.GetApplied(life.Name, null, life.CreatedAt)
            .SelectMany(r => ConsumerView.Of(r, shards[r.ShardId].StartingHashKey, shards[r.ShardId].EndingHashKey))
            .Where(s => s.Visible)
            .OrderBy(s => s.ShardId, StringComparer.Ordinal).ThenBy(s => s.SequenceNumber.Length).ThenBy(s => s.SequenceNumber, StringComparer.Ordinal)
            .ThenBy(s => s.SubSequenceNumber);
    }
}
