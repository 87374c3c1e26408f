using Orleans.Kpl.Packed;
using Orleans.Kpl.Pipeline.Backlog.Keeping;
using Orleans.Kpl.Pipeline.Backlog.Replaying;
using Orleans.Kpl.Pipeline.Timing;

namespace Orleans.Kpl.Pipeline.Tests.Backlog.Replaying;

public sealed class ReplayerTests
{
    /// <summary>Nothing of the stream was replayed any more, and on an ordered one everything that was put went behind it for good.</summary>
    [Theory]
    [InlineData(false, "1 2 3 1")]
    [InlineData(true, "1 1 2 3")]
    public async Task Replay_ThatThrows_IsTold_AndTriedAgain_AndTheOthersGoOn(bool isOrdered, string replayed)
    {
        var harness = new LoneBacklogHarness(o => o.Ordered = isOrdered ? OrderedMode.PutRecords : OrderedMode.Off);
        var index = SegmentIndex.Open("left", await harness.LeftLogAsync("a", "b", "c"), harness.Events);
        var source = new ThrowsOnce(harness.Clock);
        var replayer = Start(harness, source);
        replayer.Add(index);
        await harness.PassAsync(2_500);

        Assert.Equal(replayed, string.Join(' ', source.Replayed));
        Assert.Equal(0, index.Segments);
        Assert.Equal(0, replayer.UnderWay);
        Assert.IsType<IOException>(Assert.Single(harness.Events.Defects));
    }

    /// <summary>
    /// Segments are read ahead, and what makes one reading throw mostly makes the next one throw. That one's segment was lost, and counted as held for good.
    /// </summary>
    [Theory]
    [InlineData(false, false)]
    [InlineData(false, true)]
    [InlineData(true, false)]
    [InlineData(true, true)]
    public async Task Readings_ThatThrowOneAfterTheOther_AreToldAndTriedAgain(bool isOrdered, bool atOnce)
    {
        var harness = new LoneBacklogHarness(o => o.Ordered = isOrdered ? OrderedMode.PutRecords : OrderedMode.Off);
        var index = SegmentIndex.Open("left", await harness.LeftLogAsync("a", "b", "c"), harness.Events);
        var source = new ThrowsOnce(harness.Clock) { ThrowingReadings = 3, ThrowsAtOnce = atOnce, ThrowsInReplay = false };
        var replayer = Start(harness, source);
        replayer.Add(index);
        await harness.PassAsync(5_000);

        Assert.Equal([1, 2, 3], source.Replayed.Order());
        Assert.True(!isOrdered || source.Replayed.SequenceEqual(source.Replayed.Order()));
        Assert.Equal(0, index.Segments);
        Assert.Equal(0, replayer.UnderWay);
        Assert.All(harness.Events.Defects, static d => Assert.IsType<IOException>(d));
        Assert.NotEmpty(harness.Events.Defects);
    }

    /// <summary>
    /// An attempt of a forwarded record has the instants of the silo that made it. With a clock that was ahead the window stayed the smallest, and with one
    /// that was behind a few records made it the largest.
    /// </summary>
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(-1)]
    public async Task Window_IsOfTheTimeThatRecordsWait_WhateverTheClockOfTheSiloThatSendsThem(int secondsAhead)
    {
        const int Bytes = 1 << 20;
        var harness = new LoneBacklogHarness();
        var replayer = Start(harness, new ThrowsOnce(harness.Clock));
        (await replayer.EnterAsync(Bytes, 1))!.Failed();

        for (var i = 0; i < 8; i++)
        {
            var part = (await replayer.EnterAsync(Bytes, 1))!;
            harness.Time.Advance(TimeSpan.FromMilliseconds(120));
            var endedAt = harness.Time.GetUtcNow().AddSeconds(secondsAhead);
            part.Delivered(RecordResult.Delivered("shardId-000000000000", "1", -1, [new() { StartedAt = endedAt.AddMilliseconds(-100), EndedAt = endedAt }]));
        }

        // Each of them waited for half of what it may: the window grows by an eighth of its bytes.
        Assert.Equal(ReplayWindow.Least + Bytes, 4 * replayer.PartBytes);
    }

    /// <summary>The end came between the check and the wait, which nobody ended: the segment under way was held for good.</summary>
    [Fact]
    public async Task Stop_AsAPartIsAboutToWait_LetsItWaitNoMore()
    {
        var harness = new LoneBacklogHarness();
        var source = new ThrowsOnce(harness.Clock);
        var replayer = Start(harness, source);
        source.LetsOut = () =>
        {
            replayer.Stop();
            return false;
        };

        var entering = replayer.EnterAsync(1, 1);

        Assert.True(entering.IsCompleted);
        Assert.Null(await entering);
    }

    private static Replayer Start(LoneBacklogHarness harness, ThrowsOnce source)
    {
        var context = harness.Backlog.Context;
        var replayer = new Replayer(context.Settings, harness.Events, harness.Clock, context.Services.Timers);
        replayer.Start(source);
        return replayer;
    }

    private sealed class ThrowsOnce(MonotonicClock clock) : IReplaySource
    {
        private readonly PackedRecords _records = Records();

        public List<long> Replayed { get; } = [];

        /// <summary>How many of the next readings throw.</summary>
        public int ThrowingReadings { get; set; }

        /// <summary>Whether they throw before they return a task.</summary>
        public bool ThrowsAtOnce { get; init; }

        public bool ThrowsInReplay { get; init; } = true;

        public Func<bool> LetsOut { get; set; } = static () => true;

        public Task<PackedRecords?> ReadAsync(LogSegment segment)
        {
            if (ThrowingReadings-- <= 0)
                return Task.FromResult<PackedRecords?>(_records);
            var thrown = new IOException("as the test says");
            return ThrowsAtOnce ? throw thrown : Task.FromException<PackedRecords?>(thrown);
        }

        public Task ReplayAsync(LogSegment segment, PackedRecords records)
        {
            Replayed.Add(segment.Number);
            if (ThrowsInReplay && Replayed.Count == 1)
                return Task.FromException(new IOException("as the test says"));
            segment.Index.Over(segment);
            return Task.CompletedTask;
        }

        public bool TryLetOut(long charge, int records, bool isProbe) => LetsOut();

        public void ParkAgain(LogSegment segment)
        {
            segment.Unqueue();
            segment.Index.Park(segment, clock.Now);
        }

        private static PackedRecords Records()
        {
            var writer = new PackedRecordsWriter();
            writer.TryAdd("key", [1]);
            return PackedRecords.Parse(writer.ToArray());
        }
    }
}
