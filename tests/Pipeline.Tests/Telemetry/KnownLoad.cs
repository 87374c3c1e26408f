using System.Text;
using Orleans.Kpl.Pipeline.Kinesis;
using Orleans.Kpl.Pipeline.Tests.Simulation;
using Orleans.Kpl.Testing;

namespace Orleans.Kpl.Pipeline.Tests.Telemetry;

/// <summary>The load of <see cref="ExactMetricsTests"/>, on fake time: 250 records to each of four shards.</summary>
internal sealed class KnownLoad : IAsyncDisposable
{
    private const string Stream = PipelineHarness.Stream;

    private readonly FakeTimeProvider _time = new();
    private readonly FakeKinesis _kinesis = new(4);
    private readonly RecordingEvents _events = new();
    private readonly ProducerPipeline _producer;
    private readonly HashSet<UInt128> _throttled = [];
    private int _calls;

    public KnownLoad(MetricReader reader)
    {
        var options = new KplOptions { AggregationEnabled = false, AdaptiveRate = false };
        _producer = new ProducerPipeline(options, _kinesis, _events, _time, new Random(1), meters: reader);
        Reader = reader;
        _kinesis.BeforePut = (_, _) => _calls++ == 0
            ? throw new KinesisException(KinesisFailureKind.Refused, "ServiceUnavailable", "come again", 503)
            : ValueTask.CompletedTask;
        _kinesis.Refuse = Refuse;
        _kinesis.Answer = TakeOneElsewhere;
    }

    private MetricReader Reader { get; }

    private bool HasTakenOneElsewhere { get; set; }

    /// <summary>Puts the records, waits for their outcomes, and reads the gauges.</summary>
    public async Task<StreamLedger> RunAsync()
    {
        // While the map is not known, no shard holds records back that live so briefly.
        var expiring = await _producer.EnqueueAsync(Stream, Records(998, 2), new PutOptions { TimeToLive = TimeSpan.FromMilliseconds(1) });
        var batch = await _producer.EnqueueAsync(Stream, Records(0, 998));
        await DriveAsync(Task.WhenAll(batch.Delivery, expiring.Delivery));
        Reader.ReadGauges();
        return _producer.GetLedger(Stream);
    }

    public async ValueTask DisposeAsync()
    {
        await DriveAsync(_producer.DisposeAsync().AsTask());
        Assert.Empty(_events.Defects);
    }

    private async Task DriveAsync(Task task)
    {
        while (!task.IsCompleted)
        {
            await PipelineHarness.SettleAsync();
            _time.Advance(TimeSpan.FromMilliseconds(5));
        }

        await task;
    }

    /// <summary>Throttles 37 records of the first shard once each, and refuses 5 of the second for good.</summary>
    private PutRecordsReplyEntry? Refuse(PutRecordsEntry entry, ShardRange shard)
    {
        if (shard.ShardId == "shardId-000000000000" && _throttled.Count < 37 && _throttled.Add(entry.ExplicitHashKey))
            return new(null, null, RecordErrorCodes.Throttled, $"Rate exceeded for shard {shard.ShardId} in stream events under account 000000000000.");
        var number = int.Parse(Encoding.UTF8.GetString(entry.Data.Span)[..4], System.Globalization.CultureInfo.InvariantCulture);
        return number is 251 or 252 or 253 or 254 or 255 ? new(null, null, "ValidationException", "never") : null;
    }

    /// <summary>Tells of one record of the third shard that the fourth one took it.</summary>
    private PutRecordsReply TakeOneElsewhere(PutRecordsReply reply)
    {
        for (var i = 0; i < reply.Entries.Count && !HasTakenOneElsewhere; i++)
        {
            if (reply.Entries[i].ShardId != "shardId-000000000002")
                continue;
            HasTakenOneElsewhere = true;
            return new PutRecordsReply([.. reply.Entries.Select((e, place) => place == i ? e with { ShardId = "shardId-000000000003" } : e)]);
        }

        return reply;
    }

    /// <summary>Record n goes to shard n / 250, by an explicit hash key; its data begins with its number.</summary>
    private static UserRecord[] Records(int first, int count) => [.. Enumerable.Range(first, count).Select(static n => new UserRecord(
        "key", Encoding.UTF8.GetBytes($"{n:D4}".PadRight(20, 'x')), (UInt128.MaxValue / 4 * (UInt128)(n / 250)) + (UInt128)(1 + n)))];
}
