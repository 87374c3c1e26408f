using Orleans.Kpl.Scaling.Heat;

namespace Orleans.Kpl.Scaling.Tests.Heat;

/// <remarks>Tests <see cref="HeatHistory"/>, <see cref="HeatSums"/>, <see cref="HeatRing"/>, <see cref="HeatSnapshot"/> and <see cref="HeatSpread"/>.</remarks>
public sealed class HeatHistoryTests
{
    private readonly HeatWorld _world = new();

    [Fact]
    public void Load_OfEvenKeys_IsAsWarmEverywhere_AndAsMuchAsItWas()
    {
        _world.Open("a", "b");
        _world.Run(5, _ => _world.PutEvenly(recordsPerSecond: 100, bytes: 1_024));
        var picture = _world.Picture();
        Assert.Equal((5, 128, 60), (picture.Columns.Count, picture.Rows, picture.ColumnSeconds));
        foreach (var column in picture.Columns)
        {
            Assert.Equal((1, 100.0, 100.0), (column.Minutes, column.KiBPerSecond.Sum(), column.RecordsPerSecond.Sum()), HeatWorld.Nearly);
            Assert.All(column.KiBPerSecond, static kib => Assert.InRange(kib, 0.5, 1.2));
            Assert.All(column.Utilisation, static use => Assert.Equal(0.05, use, 0.011));
        }
    }

    /// <summary>It was once rounded to nothing.</summary>
    [Fact]
    public void Load_OfAFewSmallRecords_IsNotNone()
    {
        _world.Open("a", "b");
        _world.Run(2, _ => _world.PutEvenly(recordsPerSecond: 0.1, bytes: 10));
        Assert.Equal(128, _world.Picture().Columns[^1].KiBPerSecond.Count(static kib => kib is > 0 and < 0.0001f));
    }

    [Fact]
    public void Load_OfOneKey_IsInItsRow_AndTheKeyIsNamed()
    {
        _world.Open("a", "b");
        _world.Run(3, _ => _world.Put(UInt128.MaxValue / 4 * 3, recordsPerSecond: 500, bytes: 1_024, "user-17"));
        var column = _world.Picture().Columns[^1];
        Assert.True(column.KiBPerSecond[95] + column.KiBPerSecond[96] > 450, string.Join(" ", column.KiBPerSecond));
        Assert.InRange(column.KiBPerSecond.Take(64).Sum(), 0, 0);
        Assert.Equal((UInt128.MaxValue / 4 * 3, "user-17"), (column.HotKeys[0].HashKey, column.HotKeys[0].PartitionKey));
        Assert.InRange(column.HotKeys[0].KiBPerSecond, 450, 500);
    }

    /// <summary>Samples decay by half in five minutes; what a minute had is told nevertheless.</summary>
    [Fact]
    public void Load_ThatMoves_IsWhereItIs()
    {
        _world.Open("a");
        _world.Run(8, minute => _world.Put((UInt128.MaxValue / 8 * (UInt128)minute) + (UInt128.MaxValue / 256), recordsPerSecond: 800, bytes: 1_024));
        Assert.Equal([0, 16, 32, 48, 64, 80, 96, 112], _world.Picture().Columns.Select(static c => c.KiBPerSecond.Index().MaxBy(static k => k.Item).Index));
        Assert.All(_world.Picture().Columns, static c => Assert.InRange(c.KiBPerSecond.Max(), 300, 400));
    }

    /// <summary>
    /// A shard's minutes are not those of the clock. What a look saw of a running minute was once forgotten: the next one spread that minute evenly, and a
    /// quarter of a load was told outside its own minute.
    /// </summary>
    [Theory]
    [InlineData(10)]
    [InlineData(40)]
    [InlineData(55)]
    public void Load_OfOneMinute_IsInThatMinute_AndCountsOnce(int second)
    {
        _world.Pass(second, static () => { });
        _world.Open("a");
        _world.Pass(62 - second, () => _world.PutEvenly(recordsPerSecond: 1, bytes: 1_024));
        _world.Look();
        _world.Pass(58, static () => { });
        _world.Pass(2, () => _world.PutEvenly(recordsPerSecond: 100, bytes: 1_024));
        _world.Look();
        _world.Pass(58, () => _world.PutEvenly(recordsPerSecond: 100, bytes: 1_024));
        for (var look = 0; look < 4; look++)
        {
            _world.Pass(look == 0 ? 2 : 60, static () => { });
            _world.Look();
        }

        var columns = _world.Picture().Columns;
        Assert.InRange(columns.Sum(static c => c.KiBPerSecond.Sum()), 100.5, 102.5);
        Assert.InRange(columns[2].KiBPerSecond.Sum(), 92, 101);
        Assert.Equal(columns.Sum(static c => c.RecordsPerSecond.Sum()), columns.Sum(static c => c.UserRecordsPerSecond), 0.5);
    }

    /// <summary>
    /// A shard's minutes once began with its first record, and counted as even: of an idle stream, which is looked at every eight minutes, a load was told
    /// up to a minute before it began.
    /// </summary>
    [Theory]
    [InlineData(0)]
    [InlineData(40)]
    [InlineData(58)]
    public void Load_ThatBeginsAtSecond17_IsInNoMinuteBeforeIt(int first)
    {
        _world.Open("a");
        _world.Pass(first, static () => { });
        _world.PutEvenly(recordsPerSecond: 1, bytes: 1_024);
        _world.Pass(62 - first, static () => { });
        _world.Look();
        _world.Pass((3 * 60) + 15, static () => { });
        _world.Pass(43, () => _world.PutEvenly(recordsPerSecond: 100, bytes: 1_024));
        _world.Pass(62, () => _world.PutEvenly(recordsPerSecond: 100, bytes: 1_024));
        _world.Look();
        var rates = _world.Picture().Columns.Select(static c => (double)c.KiBPerSecond.Sum()).ToArray();
        Assert.Equal([0, 0, 0, 100 * 43 / 60.0, 100], rates[1..], static (a, b) => Math.Abs(a - b) < 1);
        Assert.Equal(0, rates[3]);
    }

    [Fact]
    public void Throttles_OfAShardThatBeganWithinAMinute_AreInTheMinuteOfTheClock()
    {
        _world.Pass(20, static () => { });
        _world.Open("a");
        _world.Pass(100, () => _world.Throttle(shard: 0, count: 7));
        _world.Pass(5, () => _world.PutEvenly(recordsPerSecond: 10, bytes: 1_024));
        _world.Look();
        _world.Run(3, static _ => { });
        Assert.Equal([7, 7, 0], _world.Picture().Columns.Take(3).Select(static c => c.Marks.Sum(static m => m.Throttled)));
    }

    /// <summary>Few samples are no pattern: of a load that is even they may not look like hot keys.</summary>
    [Fact]
    public void Load_WithFewSamples_HasNoSpots()
    {
        _world.Open("a");
        _world.Run(5, _ => _world.PutEvenly(recordsPerSecond: 10, bytes: 200));
        const double Mean = 2_000 / 1024.0 / 128;
        Assert.All(_world.Picture().Columns.SelectMany(static c => c.KiBPerSecond), static kib => Assert.InRange(kib, Mean * 0.6, Mean * 1.6));
    }

    /// <summary>A split shows as a line that begins, and not as a load that ends: children are as warm as they are within their first minute.</summary>
    [Fact]
    public void Split_IsALineThatBegins()
    {
        _world.Open("a");
        _world.Run(4, _ => _world.PutEvenly(recordsPerSecond: 100, bytes: 1_024));
        _world.Pass(seconds: 20, () => _world.PutEvenly(recordsPerSecond: 100, bytes: 1_024));
        _world.Open("b", "c");
        _world.Run(4, _ => _world.PutEvenly(recordsPerSecond: 100, bytes: 1_024));
        var picture = _world.Picture();
        Assert.Equal((string[])["a", "a", "a", "a", "b c", "b c", "b c", "b c"],
            picture.Columns.Select(c => string.Join(" ", picture.Shards[c.Shards!.Value].Select(static s => s.ShardId))));
        Assert.Equal(2, picture.Shards.Count);
        Assert.All(picture.Columns, static c => Assert.Equal(100, c.KiBPerSecond.Sum(), 3.0));
    }

    /// <summary>A shard that was closed between the end of a minute and the look at it left a column without load: nobody told of it any more.</summary>
    [Fact]
    public void Split_BeforeTheLook_LeavesNoGap()
    {
        _world.Open("a");
        _world.Run(3, _ => _world.PutEvenly(recordsPerSecond: 100, bytes: 1_024));
        _world.Pass(seconds: 61, () => _world.PutEvenly(recordsPerSecond: 100, bytes: 1_024));
        _world.Open("b", "c");
        _world.Pass(seconds: 5, () => _world.PutEvenly(recordsPerSecond: 100, bytes: 1_024));
        _world.Look();
        _world.Run(2, _ => _world.PutEvenly(recordsPerSecond: 100, bytes: 1_024));
        Assert.Equal(6, _world.Picture().Columns.Count);
        Assert.All(_world.Picture().Columns, static c => Assert.Equal(100, c.KiBPerSecond.Sum(), 3.0));
    }

    /// <summary>Of a stream that closes when it is idle, or whose silo is lost, nothing goes on.</summary>
    [Fact]
    public void Load_OfShardsThatAreGone_DoesNotGoOn()
    {
        _world.Open("a", "b");
        _world.Run(3, _ => _world.PutEvenly(recordsPerSecond: 100, bytes: 1_024));
        _world.CloseFirst();
        _world.Run(1, static _ => { });
        Assert.All(_world.Picture().Columns[^1].KiBPerSecond, static kib => Assert.Equal(0, kib));
    }

    [Fact]
    public void Owner_ThatChanges_IsToldAsItWas()
    {
        _world.Open("a");
        _world.Run(2, _ => _world.PutEvenly(recordsPerSecond: 10, bytes: 1_024));
        _world.Owner = "other";
        _world.Run(2, _ => _world.PutEvenly(recordsPerSecond: 10, bytes: 1_024));
        var picture = _world.Picture();
        Assert.Equal((string[])["silo", "silo", "other", "other"], picture.Columns.Select(c => picture.Shards[c.Shards!.Value][0].OwnerSilo!));
    }

    [Fact]
    public void ThrottlesAndFailures_AreMarks_AndCountOnce()
    {
        _world.Open("a", "b");
        _world.Run(3, minute =>
        {
            _world.PutEvenly(recordsPerSecond: 10, bytes: 1_024);
            if (minute == 1)
                _world.Throttle(shard: 1, count: 7);
        });
        _world.Look();
        _world.History.AddFailure(_world.Now.AddMinutes(-2), UInt128.MaxValue);
        _world.History.AddFailure(_world.Now.AddDays(-30), UInt128.MaxValue);
        var marks = _world.Picture().Columns.SelectMany(static (c, at) => c.Marks.Select(m => (At: at, m.Row, m.Throttled, m.Failed)));
        Assert.Equal([(1, 96, 7, 0), (1, 127, 0, 1)], marks);
        Assert.Equal(7, _world.Picture(HeatSpan.Week).Columns.Sum(static c => c.Marks.Sum(static m => m.Throttled)));
        Assert.Equal(1, _world.Picture(HeatSpan.Day).Columns[0].Marks.Sum(static m => m.Failed));
    }

    /// <summary>Who asks for the first time sees the hour that the shards remember.</summary>
    [Fact]
    public void FirstLook_SeesTheHourBefore()
    {
        _world.Open("a");
        _world.Pass(70 * 60, () => _world.PutEvenly(recordsPerSecond: 10, bytes: 1_024));
        _world.Look();
        var picture = _world.Picture();
        Assert.Equal(60, picture.Columns.Count(static c => Math.Abs(c.KiBPerSecond.Sum() - 10) < 0.5));
        Assert.Equal(59, picture.Columns.Zip(picture.Columns.Skip(1)).Count(static pair => pair.Second.From - pair.First.From == TimeSpan.FromMinutes(1)));
    }

    [Fact]
    public void DayAndWeek_AreMeansOfWhatWasObserved()
    {
        _world.Open("a");
        _world.Run(120, minute => _world.PutEvenly(minute < 30 ? 300 : 0, bytes: 1_024));
        var (day, week) = (_world.Picture(HeatSpan.Day), _world.Picture(HeatSpan.Week));
        Assert.Equal([300, 300, 0, 0, 0, 0, 0, 0], day.Columns.Select(static c => Math.Round(c.KiBPerSecond.Sum())));
        Assert.Equal([150, 0], week.Columns.Select(static c => Math.Round(c.KiBPerSecond.Sum())));
        Assert.Equal((900, 3_600, 60), (day.ColumnSeconds, week.ColumnSeconds, week.Columns[0].Minutes));
        Assert.Equal(0.3, week.Columns[0].Utilisation[0], 0.011);
    }

    [Fact]
    public void Hour_OfLoadsThatEnded_IsForgotten()
    {
        _world.Open("a");
        _world.Run(3, _ => _world.PutEvenly(recordsPerSecond: 10, bytes: 1_024));
        _world.Open();
        _world.Run(60, static _ => { });
        Assert.All(_world.Picture().Columns, static c => Assert.Empty(c.KiBPerSecond));
        Assert.Single(_world.Picture(HeatSpan.Week).Columns, static c => c.KiBPerSecond.Count > 0);
    }

    [Fact]
    public void NothingSeen_TellsNothing()
    {
        _world.Run(3, static _ => { });
        Assert.True(_world.History.IsEmpty);
        Assert.Empty(_world.Picture().Columns);
    }
}
