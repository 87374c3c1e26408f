using Orleans.Kpl.Pipeline.State;
using Orleans.Kpl.Scaling.Heat;
using Orleans.Kpl.Scaling.Running;
using Orleans.Kpl.Scaling.Tests.Heat;

namespace Orleans.Kpl.Scaling.Tests.Running;

/// <summary>The sums of a load go on across restarts, takeovers and a store that is away.</summary>
/// <remarks>Tests <see cref="KeptLoad"/> and <see cref="LoadReader"/>.</remarks>
public sealed class KeptLoadTests
{
    private readonly FakeTimeProvider _time = new();
    private readonly ManagedStreamInMemory _stream = new(2) { Utilisation = 0.5 };
    private readonly CountingRows _rows = new();
    private readonly Troubles _troubles = new();

    [Fact]
    public async Task Restart_GoesOnWithPictureAndHours()
    {
        _stream.Failed.Add(new FailedRecord { Number = 1, ErrorCode = "x", HashKey = UInt128.MaxValue, EndedAt = _time.GetUtcNow().AddMinutes(-2) });
        StreamHeat before;
        await using (var first = Open())
            before = await first.GetHeatAsync(HeatSpan.Hour, CancellationToken.None);
        // Its silos are lost too: what they remember begins again.
        _time.Advance(TimeSpan.FromHours(3));
        _stream.Failed.Clear();
        _stream.Utilisation = 0;
        _stream.Remembers = 5;

        await using var second = Open();
        var hours = await second.GetHeatAsync(HeatSpan.Week, CancellationToken.None);
        var load = await second.GetAsync(CancellationToken.None);

        Assert.Empty(_troubles.Told);
        // Five minutes without load are new; the hours between were not observed.
        Assert.Equal((before.Columns.Count + 5, 60 + 5), (hours.Columns.Sum(static c => c.Minutes), load.Hours.Sum(static h => h.Minutes)));
        Assert.Equal(before.Columns.Sum(static c => c.KiBPerSecond.Sum()), hours.Columns.Sum(static c => c.KiBPerSecond.Sum() * c.Minutes), 1.0);
        Assert.Equal(60L * 60 << 20, load.Hours.Sum(static h => h.Bytes));
        Assert.Equal(1, hours.Columns.Sum(static c => c.Marks.Sum(static m => m.Failed)));
        Assert.Equal(["shard-0", "shard-1"], hours.Shards[hours.Columns[0].Shards!.Value].Select(static s => s.ShardId));
    }

    [Fact]
    public async Task Write_IsOneAnHour_AndOneAtTheEnd()
    {
        await using (var reader = Open())
        {
            await reader.GetAsync(CancellationToken.None);
            for (var minute = 0; minute < 6 * 60; minute++)
                await PassAsync(TimeSpan.FromMinutes(1));
            Assert.Equal(6, _rows.Writes);
            Assert.InRange(_rows.Text.Length, 100, 8_000);
        }

        Assert.Equal(7, _rows.Writes);
    }

    /// <summary>What a look had added while the sums were written counted as written.</summary>
    [Fact]
    public async Task Look_WhileTheSumsAreWritten_IsKeptAtTheEnd()
    {
        await using (var reader = Open())
        {
            await reader.GetAsync(CancellationToken.None);
            _rows.Held = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            var hour = FakeTimeProvider.Start + (TimeSpan.FromHours(1) * new StreamPhase("events").Share);
            while (hour - _time.GetUtcNow() > TimeSpan.FromMinutes(2))
                await PassAsync(TimeSpan.FromMinutes(1));
            // A write is waited for five seconds.
            await _time.PassUntilAsync(() => _rows.IsWriting, TimeSpan.FromSeconds(4));
            await reader.GetAsync(CancellationToken.None);
            _rows.Held.SetResult();
            await Waiting.UntilAsync(() => _rows.Writes == 1 && !_rows.IsWriting);
        }

        Assert.Empty(_troubles.Told);
        Assert.Equal(2, _rows.Writes);
    }

    /// <summary>A thousand streams that carry nothing cost nothing.</summary>
    [Fact]
    public async Task Write_OfAStreamWithoutLoad_IsNotMade()
    {
        _stream.Utilisation = 0;
        await using (var reader = Open())
        {
            await reader.GetAsync(CancellationToken.None);
            for (var looks = 0; looks < 20; looks++)
                await PassAsync(TimeSpan.FromMinutes(8));
        }

        Assert.Equal(0, _rows.Writes);
    }

    /// <summary>A manager begins while its former one has not ended yet: what that writes at its end is not lost.</summary>
    [Fact]
    public async Task Takeover_BeforeTheFormerReaderHasEnded_LosesNothing()
    {
        var former = Open();
        await former.GetAsync(CancellationToken.None);
        await using var next = Open();
        _stream.Remembers = 1;
        await next.GetAsync(CancellationToken.None);
        await former.DisposeAsync();
        _stream.Remembers = 60;
        for (var minute = 0; minute < 61; minute++)
            await PassAsync(TimeSpan.FromMinutes(1));
        Assert.Equal(60 + 61, (await next.GetAsync(CancellationToken.None)).Hours.Sum(static h => h.Minutes));
        Assert.Equal(60 + 61, (await next.GetHeatAsync(HeatSpan.Week, CancellationToken.None)).Columns.Sum(static c => c.Minutes));
        Assert.Equal(2, _rows.Writes);
        Assert.Empty(_troubles.Told);
    }

    /// <summary>A failure of the minute of the last look was kept in the picture's longer columns, and then counted once more by who went on.</summary>
    [Fact]
    public async Task Takeover_WithinTheMinuteOfAFailure_CountsItOnce()
    {
        _time.Advance(TimeSpan.FromMinutes(5));
        _stream.Failed.Add(new FailedRecord { Number = 1, ErrorCode = "x", HashKey = UInt128.MaxValue, EndedAt = _time.GetUtcNow() });
        await using (var former = Open())
            await former.GetHeatAsync(HeatSpan.Hour, CancellationToken.None);
        _time.Advance(TimeSpan.FromSeconds(90));
        await using var next = Open();
        foreach (var span in Enum.GetValues<HeatSpan>())
            Assert.Equal(1, (await next.GetHeatAsync(span, CancellationToken.None)).Columns.Sum(static c => c.Marks.Sum(static m => m.Failed)));
        Assert.Empty(_troubles.Told);
    }

    [Fact]
    public async Task End_OfAReaderThatHasASuccessor_ReplacesNothingNewer()
    {
        var former = Open();
        await former.GetAsync(CancellationToken.None);
        _time.Advance(TimeSpan.FromSeconds(1));
        await using (var next = Open())
            await next.GetAsync(CancellationToken.None);
        var newest = _rows.Text;
        await former.DisposeAsync();
        Assert.Equal((newest, 1), (_rows.Text, _rows.Writes));
    }

    [Theory]
    [InlineData("no text of ours", "damaged")]
    [InlineData("", "damaged")]
    [InlineData(null, "version 9, and 1 is expected")]
    public async Task Row_ThatCannotBeUsed_IsSaid_AndReplaced(string? text, string why)
    {
        text ??= new KeptLoad(9, default, new KeptHeat([], []), []).ToText();
        await _rows.WriteAsync(KeptLoad.Kind, "events", 0, text, CancellationToken.None);
        await using (var reader = Open())
            Assert.Equal(60, (await reader.GetHeatAsync(HeatSpan.Hour, CancellationToken.None)).Columns.Count);
        Assert.Contains(why, Assert.Single(_troubles.Told), StringComparison.Ordinal);
        Assert.Equal(60, KeptLoad.FromText(_rows.Text).Hours.Sum(static h => h.Minutes));
    }

    [Fact]
    public async Task Store_ThatIsAway_IsAskedAgain_AndWrittenOverByNobodyWhoHasNotReadIt()
    {
        await using (var first = Open())
            await first.GetAsync(CancellationToken.None);
        _time.Advance(TimeSpan.FromHours(5));
        _rows.IsAway = true;
        await using var second = Open();
        Assert.Equal(60, (await second.GetAsync(CancellationToken.None)).Hours.Sum(static h => h.Minutes));
        await PassAsync(TimeSpan.FromMinutes(1));
        Assert.Equal(1, _rows.Writes);
        _rows.IsAway = false;
        await PassAsync(TimeSpan.FromMinutes(1));
        // The hour before it went on from what was kept, and the minute since.
        Assert.Equal(60 + 61, (await second.GetAsync(CancellationToken.None)).Hours.Sum(static h => h.Minutes));
        Assert.All(_troubles.Told, static t => Assert.Contains("going on from the kept sums", t, StringComparison.Ordinal));
    }

    /// <summary>A row of DynamoDB has at most 400 KiB, its names included.</summary>
    [Fact]
    public void Text_OfAllThatThereCanBe_IsWithinARow()
    {
        var random = new Random(1);
        HeatShard[] many = [.. Enumerable.Range(0, HeatHistory.MostShards).Select(i => new HeatShard
        {
            ShardId = $"shardId-{i:000000000000}", OwnerSilo = $"S10.0.{random.Next(256)}.{random.Next(256)}:11111:{random.Next()}",
            StartingHashKey = new UInt128((ulong)random.NextInt64(), (ulong)random.NextInt64()), EndingHashKey = (UInt128)random.NextInt64() << 64,
        })];
        var full = HeatWorld.Full();
        var picture = full.Keep();
        var kept = new KeptLoad(KeptLoad.Current, HeatWorld.End, picture, [.. Enumerable.Range(0, 168).Select(i => new LoadSum
        {
            From = HeatWorld.Start.AddHours(i), Minutes = 60, UserRecords = 123_456_789 + i, Bytes = 98_765_432_101 + i, PeakShards = 0.1234 * i,
        })]);
        Assert.InRange((kept with { Heat = picture with { Shards = [.. picture.Shards, many] } }).ToText().Length, 200_000, 399 << 10);
        var text = kept.ToText();
        var again = KeptLoad.FromText(text);
        var history = HeatHistory.Of(again.Heat, again.Until);
        foreach (var span in Enum.GetValues<HeatSpan>())
        {
            var (was, now) = (full.Of("events", span, again.Until), history.Of("events", span, again.Until));
            Assert.Equal(was.Columns.Count, now.Columns.Count);
            foreach (var (a, b) in was.Columns.Zip(now.Columns))
            {
                Assert.Equal((a.From, a.Minutes), (b.From, b.Minutes));
                Assert.Equal(a.Utilisation, b.Utilisation);
                Assert.Equal(a.Marks, b.Marks);
                Assert.Equal(a.HotKeys, b.HotKeys);
                Assert.All(a.KiBPerSecond.Zip(b.KiBPerSecond), static k => Assert.Equal(k.First, k.Second, k.First * 0.01));
                Assert.Equal(a.Shards is { } one ? was.Shards[one] : null, b.Shards is { } other ? now.Shards[other] : null);
            }
        }
    }

    private LoadReader Open() => new(_stream, new AdminServices
    {
        Kinesis = _stream, Store = new MemoryStateStore(), Kept = _rows, Time = _time, Events = _troubles,
    });

    /// <summary>Lets time pass, and waits until all readers have looked.</summary>
    private async Task PassAsync(TimeSpan time)
    {
        await Waiting.UntilAsync(() => _time.ArmedTimers > 0);
        var (armed, looks) = (_time.ArmedTimers, _stream.Looks);
        _time.Advance(time);
        await Waiting.UntilAsync(() => _stream.Looks > looks && _time.ArmedTimers == armed);
    }

    /// <summary>Rows that may be away.</summary>
    private sealed class CountingRows : IRowStore
    {
        private readonly MemoryStateStore _rows = new();

        public bool IsAway { get; set; }

        public int Writes { get; private set; }

        /// <summary>What each write waits for; null for nothing.</summary>
        public TaskCompletionSource? Held { get; set; }

        public bool IsWriting { get; private set; }

        public string Text => _rows.ReadAsync(KeptLoad.Kind, "events", CancellationToken.None).Result!.Text;

        public Task<StateRow?> ReadAsync(string kind, string key, CancellationToken cancellationToken) =>
            IsAway ? throw new StateStoreException("it is away") : _rows.ReadAsync(kind, key, cancellationToken);

        public async Task<StateRow?> WriteAsync(string kind, string key, long over, string text, CancellationToken cancellationToken)
        {
            if (IsAway)
                throw new StateStoreException("it is away");
            IsWriting = true;
            await (Held?.Task ?? Task.CompletedTask);
            var row = await _rows.WriteAsync(kind, key, over, text, cancellationToken);
            Writes += row is null ? 0 : 1;
            IsWriting = false;
            return row;
        }
    }

    internal sealed class Troubles : QuietEvents
    {
        public List<string> Told { get; } = [];

        public override void Troubled(string stream, string doing, Exception error) => Told.Add($"{stream}: {doing}: {error.Message}");
    }
}
