using System.Text.Json.Nodes;
using Microsoft.Extensions.Logging.Abstractions;
using Orleans.Kpl.LocalKinesis.FanOut;
using Orleans.Kpl.LocalKinesis.Limits;
using Orleans.Kpl.LocalKinesis.Store;
using Orleans.Kpl.LocalKinesis.Wire;

namespace Orleans.Kpl.LocalKinesis.Tests.FanOut;

public sealed class SubscriptionEventsTests : IDisposable
{
    private readonly FakeTimeProvider _clock = new();
    private readonly PooledBytes _output = new(1 << 16);
    private readonly EventStreamWriter _writer;
    private readonly KinesisStream _stream;

    public SubscriptionEventsTests()
    {
        _writer = new(new JsonAnswerWriter(_output));
        var options = new LocalKinesisOptions { LimitModel = LimitModel.None, ArrivalJitter = TimeSpan.Zero };
        var store = new StreamStore(new(options, new(_clock), new(options.RetentionBytes, true, NullLogger.Instance)));
        _stream = store.Create("events", 1, StreamMode.Provisioned, TimeSpan.Zero);
    }

    private Shard Shard => _stream.Shards[0];

    private long Now => _stream.Settings.Clock.NowTicks;

    [Fact]
    public void TryNext_WhenRecordsAreLarge_KeepsToTwoMiBASecond()
    {
        Put(12, 500_000);
        var events = new SubscriptionEvents(Shard, 1, new(Now));
        var (start, bytes) = (Now, 0);
        while (bytes < 12 * 500_001)
        {
            if (!events.TryNext(_writer, Now, out var until))
            {
                Assert.True(until > Now);
                _clock.Advance(TimeSpan.FromTicks(until - Now));
                continue;
            }
            bytes += Records(out _) * 500_001;
            // A second's worth at once, and the event that was started with the last of it.
            var most = SubscriptionRate.BytesPerSecond * (1 + (Now - start) / (double)TimeSpan.TicksPerSecond) + 1_048_576;
            Assert.True(bytes <= most, $"{bytes} bytes after {TimeSpan.FromTicks(Now - start)}");
        }
        Assert.InRange(Now - start, 1.3 * TimeSpan.TicksPerSecond, 2 * TimeSpan.TicksPerSecond);
    }

    [Fact]
    public void TryNext_WithoutALimit_CutsEventsAtOneMiB()
    {
        Put(5, 400_000);
        Put(1, 3_000_000);
        var events = new SubscriptionEvents(Shard, 1, null);
        foreach (var expected in (int[])[2, 2, 1, 1])
        {
            Assert.True(events.TryNext(_writer, Now, out _));
            Assert.Equal(expected, Records(out _));
        }
    }

    [Fact]
    public void TryNext_WhileNothingIsNew_IsDueAtOnceAndThenEveryFiveSeconds()
    {
        var events = new SubscriptionEvents(Shard, 1, null);
        for (var i = 0; i < 3; i++)
        {
            Assert.True(events.TryNext(_writer, Now, out _));
            Assert.Equal(0, Records(out _));
            Assert.False(events.TryNext(_writer, Now, out var until));
            Assert.Equal(Now + 5 * TimeSpan.TicksPerSecond, until);
            _clock.Advance(TimeSpan.FromTicks(until - Now));
        }
    }

    [Fact]
    public void TryNext_WhenBehind_SaysHowFar()
    {
        Put(3, 700_000);
        _clock.Advance(TimeSpan.FromSeconds(7));
        var events = new SubscriptionEvents(Shard, 1, null);
        foreach (var expected in (int[])[7_000, 7_000, 0])
        {
            Assert.True(events.TryNext(_writer, Now, out _));
            Records(out var payload);
            Assert.Equal(expected, (int)payload["MillisBehindLatest"]!);
        }
    }

    [Fact]
    public void TryNext_WhenTheShardIsClosedWithItsStream_IsNoEndOfShard()
    {
        var events = new SubscriptionEvents(Shard, 1, null);
        Shard.Close(Now);
        Assert.True(events.TryNext(_writer, Now, out _));
        Records(out var payload);
        Assert.Null(payload["ChildShards"]);
        Assert.NotNull(payload["ContinuationSequenceNumber"]);
        Assert.False(events.IsAtEnd);
    }

    [Fact]
    public void TryNext_WhenRecordsLeftTheTrimHorizon_GoesOnWithTheOldestThatIsThere()
    {
        var options = new LocalKinesisOptions { LimitModel = LimitModel.None };
        var retention = new Retention(1 << 20, true, NullLogger.Instance);
        var store = new StreamStore(new(options, new(_clock), retention));
        var shard = store.Create("small", 1, StreamMode.Provisioned, TimeSpan.Zero).Shards[0];
        var events = new SubscriptionEvents(shard, 1, null);
        for (var i = 0; i < 40; i++)
        {
            Put(shard, 100_000);
            retention.Trim();
        }
        Assert.True(shard.Log.FirstCounter > 1);
        var seen = 0;
        while (events.TryNext(_writer, Now, out _) && Records(out _) is > 0 and var count) seen += count;
        Assert.Equal(shard.Log.NextCounter - shard.Log.FirstCounter, seen);
    }

    public void Dispose() => _output.Dispose();

    private void Put(int count, int bytes)
    {
        for (var i = 0; i < count; i++) Put(Shard, bytes);
    }

    private void Put(Shard shard, int bytes)
    {
        var entry = new PutEntry("k"u8.ToArray(), new byte[bytes], 0, RecordMarks.None);
        Assert.Equal(PutVerdict.Applied, shard.TryApply(entry, Now, Now, out _));
    }

    /// <summary>Ends the event that was written; how many records it has.</summary>
    private int Records(out JsonNode payload)
    {
        (_, payload) = Subscriber.Decode(_writer.End().ToArray());
        return payload["Records"]!.AsArray().Count;
    }
}
