using Orleans.Kpl.Aggregation;
using Orleans.Kpl.Deaggregation;
using Orleans.Kpl.Pipeline.Backlog;
using Orleans.Kpl.Pipeline.Backlog.Keeping;
using Orleans.Kpl.Pipeline.Backlog.Logs;
using Orleans.Kpl.Pipeline.Fairness;
using Orleans.Kpl.Pipeline.Owning;
using Orleans.Kpl.Pipeline.Road.Limiting;
using Orleans.Kpl.Pipeline.Road.Outcomes;
using Orleans.Kpl.Pipeline.Road.Routing;
using Orleans.Kpl.Pipeline.Services;
using Orleans.Kpl.Pipeline.Settings;
using Orleans.Kpl.Pipeline.Telemetry;
using Orleans.Kpl.Pipeline.Telemetry.Reporting;
using Orleans.Kpl.Pipeline.Timing;

namespace Orleans.Kpl.Pipeline.Tests.Backlog;

/// <summary>The backlog of one stream without engines: what it lets out waits here until the test delivers it, or fails it.</summary>
internal sealed class LoneBacklogHarness : IRoute
{
    public const string Stream = "lone";

    private readonly Queue<(UserRecord Record, MemberRef Member)> _out = new();
    private readonly ForwardedCompleter _completer;

    public LoneBacklogHarness(Action<KplOptions>? configure = null, IDeadLetters? deadLetters = null)
    {
        var options = new KplOptions();
        configure?.Invoke(options);
        var services = new PipelineServices(options, Events, Time)
        {
            Gateway = new FakeKinesis(1),
            Instruments = new KplInstruments(ProducerRole.Embedded, static () => [], Listening.Throws),
            Random = new Random(1),
            Relieve = static () => { },
        };
        var backlog = new BacklogServices { Store = Store, DeadLetters = deadLetters is null ? null : _ => deadLetters };
        Clock = services.Clock;
        var settings = PipelineSettings.Of(options);
        Memory = new FairMemory(options.MaxOutstandingBytes, 0, services.Memory);
        var limit = new RecordLimit(services.Gateway, StreamTarget.Of(Stream, options), settings, Events, Clock, new Random(1));
        var telemetry = new StreamTelemetry(Stream, services);
        Completer = new MixedCompleter(Ledger, Memory, telemetry);
        Backlog = new StreamBacklog(new BacklogContext(Stream, settings, services, backlog, Ledger), Memory, limit, Completer, this, static _ => { });
        _completer = new ForwardedCompleter(Ledger, Memory, telemetry, Backlog.Fallback.KeepFailed);
    }

    /// <summary>A backlog whose own log is open.</summary>
    public static async Task<LoneBacklogHarness> OpenAsync(Action<KplOptions>? configure = null, IDeadLetters? deadLetters = null)
    {
        var harness = new LoneBacklogHarness(configure, deadLetters);
        await harness.Backlog.Logs.Open();
        return harness;
    }

    public FakeTimeProvider Time { get; } = new();

    public MemoryBacklogStore Store { get; } = new();

    public RecordingEvents Events { get; } = new();

    public MonotonicClock Clock { get; }

    public BacklogLedger Ledger { get; } = new();

    /// <summary>The stream's memory limit, which has the process' behind it.</summary>
    public MemoryLimit Memory { get; }

    public RecordCompleter Completer { get; }

    public StreamBacklog Backlog { get; }

    /// <summary>The partition keys of records that are out of the backlog, in the order in which they came.</summary>
    public IEnumerable<string> Out => _out.Select(static o => o.Record.PartitionKey);

    void IRoute.Route(in IncomingRecord record) => throw new NotSupportedException();

    void IRoute.Route(PreparedBatch batch)
    {
        for (var pick = 0; pick < batch.Count; pick++)
        {
            var record = batch.Record(pick);
            _out.Enqueue((new UserRecord(Encoding.UTF8.GetString(record.PartitionKey), record.Data.ToArray()), record.Member));
        }
    }

    /// <summary>Accepts a record as the pipeline does; it goes into the backlog, or out at once where that takes none.</summary>
    /// <param name="key">Its partition key.</param>
    /// <param name="use">How it uses the backlog.</param>
    /// <param name="spills">Whether it found memory full.</param>
    /// <param name="isAlone">Whether it is a Kinesis record of its own.</param>
    public Task<RecordResult> Put(string key, BacklogUse use = BacklogUse.Asked, bool spills = false, bool isAlone = false)
    {
        var bytes = Encoding.UTF8.GetBytes(key);
        var terms = new AcceptanceTerms(
            new FlushGeneration(), Clock.Now, Clock.Now + TimeSpan.TicksPerMinute, Immediate: false, RiderOf(use), IsAlone: isAlone);
        var sink = new SingleOutcome(terms);
        Ledger.Accepted(1);
        var charge = RecordValidator.Charge(bytes.Length, false, 1);
        if (spills)
            Assert.True(Backlog.Spill!.TryReserve(charge, 1));
        else
            Memory.Charge(charge, 1);
        var record = new IncomingRecord
        {
            PartitionKey = bytes, HashKey = HashKey.OfPartitionKey(bytes), HasExplicitHashKey = false, Data = [1], Member = new MemberRef(sink, 0),
        };
        if (!Backlog.Intake.TryTake(record, isSpilled: spills))
            _out.Enqueue((new UserRecord(key, new byte[] { 1 }), record.Member));
        return sink.Delivery;
    }

    /// <summary>The rider of records that use the backlog so.</summary>
    public BacklogRider? RiderOf(BacklogUse use) =>
        use == BacklogUse.Asked ? Backlog.Fallback.Asked : use == BacklogUse.InNeed ? Backlog.Fallback.InNeed : null;

    /// <summary>Kinesis takes the record that came out first, and has not ended.</summary>
    public void Deliver()
    {
        var (record, member) = _out.Dequeue();
        Memory.Release(RecordValidator.Charge(Encoding.UTF8.GetByteCount(record.PartitionKey), false, record.Data.Length), 1);
        member.Sink.SetResult(member.Index, RecordResult.Delivered("shard", "1", 0, []));
        member.Sink.Complete(1);
        member.Sink.Generation.Leave(1);
    }

    /// <summary>Kinesis takes all records as they come out, for so long. Returns their keys in that order.</summary>
    public async Task<List<string>> DeliverAllAsync(int milliseconds)
    {
        List<string> keys = [];
        for (var passed = 0; passed < milliseconds; passed += 50)
        {
            await PassAsync(50).ConfigureAwait(false);
            for (; _out.Count > 0; Deliver())
                keys.Add(_out.Peek().Record.PartitionKey);
        }

        return keys;
    }

    /// <summary>That record fails.</summary>
    public void Fail(string code)
    {
        var (record, member) = _out.Dequeue();
        var content = new AggregateMember(Encoding.UTF8.GetBytes(record.PartitionKey), null, record.Data);
        Completer.Fail(content, member, FailureReason.For(null, code, "failed by the test", null));
    }

    /// <summary>The owner of its shard, another process, ends that record.</summary>
    public void EndAtOwner(RecordStatus status, string code)
    {
        var (record, member) = _out.Dequeue();
        var charge = RecordValidator.Charge(Encoding.UTF8.GetByteCount(record.PartitionKey), false, record.Data.Length);
        _completer.Complete([new ForwardedOutcome(member, charge, RecordResult.NotDelivered(status, code, "told by the owner", record))]);
    }

    /// <summary>Lets so much time pass in small steps, and everything run that can.</summary>
    public Task PassAsync(int milliseconds) => PipelineHarness.PassAsync(Time, TimeSpan.FromMilliseconds(milliseconds), stepMs: 5);

    /// <summary>A log that a process left, with those records in one segment each.</summary>
    public Task<ISegmentLog> LeftLogAsync(params string[] keys) => LeftLogAsync(new MemoryBacklogStore(), keys);

    /// <summary>A log that a process left in a store, with those records in one segment each.</summary>
    public Task<ISegmentLog> LeftLogAsync(MemoryBacklogStore store, params string[] keys) =>
        LeftSegmentsAsync(store, [.. keys.Select(static k => new[] { k })]);

    /// <summary>A log that a process left in a store, with those records in its segments.</summary>
    public Task<ISegmentLog> LeftSegmentsAsync(MemoryBacklogStore store, params string[][] segments) =>
        LeftLog.OfAsync(store, segments.Select(static keys => keys.Select(static k => new UserRecord(k, new byte[] { 1 }))), Time.GetUtcNow());
}
