using System.Net;
using Orleans.Kpl.Adapters.Logging;
using Orleans.Kpl.Packed;
using Orleans.Kpl.Pipeline;
using Orleans.Kpl.Pipeline.Backlog.Storing;
using Orleans.Kpl.Pipeline.Road.Aggregating;
using Orleans.Kpl.Pipeline.Road.Limiting;
using Orleans.Kpl.Pipeline.Road.Promising;
using Orleans.Kpl.Pipeline.Serving;

namespace Orleans.Kpl.Silos.Tests.Links;

/// <summary>One silo's stream, whose shard another silo owns until <see cref="ServedShards.Open"/> is called; that one is a <see cref="FakeLink"/>.</summary>
internal sealed class LinkHarness : IAsyncDisposable
{
    public const string Stream = "events";

    private readonly PipelineLog _log;
    private readonly ProducerPipeline _producer;
    private readonly FakeTimeProvider? _time;

    /// <param name="time">Time that moves when the test says so; null for the system's.</param>
    /// <param name="backlog">Keeps the backlog; null for none.</param>
    public LinkHarness(FakeTimeProvider? time = null, IBacklogStore? backlog = null)
    {
        _time = time;
        var clock = time ?? TimeProvider.System;
        _log = new PipelineLog(NullLogger.Instance, clock, logKeys: false);
        var options = new KplOptions { RecordMaxBufferedTime = TimeSpan.FromMilliseconds(20), DrainTimeout = TimeSpan.FromMilliseconds(100) };
        _producer = new ProducerPipeline(
            options, Kinesis, _log, clock, new Random(1), s => Owner = new TheOwner(s, Link),
            backlog is null ? null : new BacklogServices { Store = backlog });
        _ = Pipeline;
    }

    public static SiloId Here { get; } = new SiloId(IPAddress.Loopback, 1, 1);

    public static SiloId There { get; } = new SiloId(IPAddress.Loopback, 2, 2);

    public FakeKinesis Kinesis { get; } = new(shards: 1);

    public FakeLink Link { get; } = new();

    public IKplProducer Producer => _producer;

    public StreamPipeline Pipeline => _producer.Uses.Get(Stream);

    public TheOwner Owner { get; private set; } = null!;

    public StreamLedger Ledger => _producer.GetLedger(Stream);

    /// <summary>One whose stream knows its shard: a first record has come to its end, and its number was 0.</summary>
    public static async Task<LinkHarness> StartAsync(FakeTimeProvider? time = null, IBacklogStore? backlog = null)
    {
        var harness = new LinkHarness(time, backlog);
        var first = await harness.PutAsync(1);
        await Waiting.UntilAsync(() => harness.Link.Records.Count == 1);
        harness.Owner.Outbox.Take(Delivered(harness.Link.Records[0]));
        await first;
        // Else the end of that call might send a part of what a test puts next.
        await Waiting.UntilAsync(() => harness.Owner.Outbox.IsAtRest);
        harness.Link.Clear();
        return harness;
    }

    public async Task<Task<RecordResult[]>> PutAsync(int count, int bytes = 10, PutOptions? options = null)
    {
        UserRecord[] records = [.. Enumerable.Range(0, count).Select(i => new UserRecord($"key-{i}", new byte[bytes]))];
        var batch = await _producer.EnqueueAsync(Stream, records, options);
        return EndsAsync(batch);
    }

    /// <summary>The ends of all records of a frame, packed.</summary>
    public static PackedOutcomes Delivered(params RecordsFrame[] frames)
    {
        var writer = new PackedOutcomesWriter();
        foreach (var frame in frames)
        {
            for (var i = 0; i < PackedRecords.Parse(frame.Records).Count; i++)
                Assert.True(writer.TryAdd(frame.First + i, RecordResult.Delivered(FakeKinesis.FirstShard, "1", i, [])));
        }

        return PackedOutcomes.Parse(writer.ToArray());
    }

    public async ValueTask DisposeAsync()
    {
        var disposing = _producer.DisposeAsync().AsTask();
        if (_time is not null)
            await _time.PassUntilAsync(() => disposing.IsCompleted, TimeSpan.FromMilliseconds(100));
        await disposing;
        _log.Dispose();
    }

    private static async Task<RecordResult[]> EndsAsync(EnqueuedBatch batch)
    {
        await batch.Delivery;
        var results = batch.Results.ToArray();
        batch.Dispose();
        return results;
    }

    /// <summary>Gives everything to one other silo.</summary>
    internal sealed class TheOwner(StreamPipeline stream, FakeLink link) : IShardOwners
    {
        /// <summary>The way there. Another one takes over what this one gives back.</summary>
        public Outbox Outbox { get; set; } = new(stream, Here, There, link, new LinkMemory(), NullLogger.Instance);

        /// <summary>Where records stay instead of going there; null when they go.</summary>
        public FrameQueue? Kept { get; set; }

        public long OldestAcceptedAt => Outbox.OldestAcceptedAt();

        public void Forward(ShardEngine engine, in ShardRecords records)
        {
            for (var i = 0; i < records.Count; i++)
                Add(records[i]);
            Outbox.Pump();
        }

        public void Opened(ShardEngine engine)
        {
        }

        public void Closed(string shardId)
        {
        }

        public void Expedite() => Outbox.Expedite();

        public void Stop() => Outbox.OnLost(isStop: true);

        private void Add(in IncomingRecord record)
        {
            if (Kept is { } kept)
                kept.Add(record);
            else
                Assert.True(Outbox.TryAdd(new ShardRecords(record)));
        }
    }
}

/// <summary>An inbox whose stream stays open.</summary>
internal sealed class OpenInbox(StreamPipeline stream, OutcomeOutbox outcomes, MemoryLimit memory)
{
    private readonly Inbox _inbox = new(outcomes);

    public OutcomeOutbox Outcomes => outcomes;

    public bool TryTake(RecordsFrame frame) => _inbox.TryTake(stream, memory, frame);
}
