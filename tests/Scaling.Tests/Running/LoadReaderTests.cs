using Orleans.Kpl.Pipeline.State;
using Orleans.Kpl.Scaling.Running;

namespace Orleans.Kpl.Scaling.Tests.Running;

public sealed class LoadReaderTests : IAsyncDisposable
{
    private readonly FakeTimeProvider _time = new();
    private readonly ManagedStreamInMemory _stream = new(2) { Utilisation = 0.5 };
    private readonly LoadReader _reader;

    public LoadReaderTests() => _reader = new LoadReader(
        _stream, new AdminServices { Kinesis = _stream, Store = new MemoryStateStore(), Time = _time, Events = new QuietEvents() });

    public ValueTask DisposeAsync() => _reader.DisposeAsync();

    /// <summary>The first question sees the hour that the shards remember; from then on nothing is missed, though nobody asks for hours.</summary>
    [Fact]
    public async Task Get_AfterHoursInWhichNobodyAsked_HasThemAll()
    {
        var first = await _reader.GetAsync(CancellationToken.None);
        Assert.Equal((60, 1.0, 2), (first.Hours.Sum(static h => h.Minutes), first.Hours[0].PeakShards, first.OpenShards));
        await Waiting.UntilAsync(() => _time.ArmedTimers > 0);
        for (var i = 0; i < 24; i++)
        {
            var seen = _stream.Looks;
            _time.Advance(TimeSpan.FromMinutes(8));
            await Waiting.UntilAsync(() => _stream.Looks > seen);
        }

        var load = await _reader.GetAsync(CancellationToken.None);
        Assert.Equal(60 + (24 * 8), load.Hours.Sum(static h => h.Minutes));
        Assert.Equal(load.Hours.Sum(static h => h.Minutes) * 60L << 20, load.Hours.Sum(static h => h.Bytes));
    }

    [Fact]
    public async Task Heat_OfABusyStream_IsSeenEachMinute_WithItsFailures()
    {
        _stream.Failed.Add(new FailedRecord { Number = 1, ErrorCode = "x", HashKey = UInt128.MaxValue, EndedAt = _time.GetUtcNow().AddMinutes(-2) });
        var first = await _reader.GetHeatAsync(HeatSpan.Hour, CancellationToken.None);
        Assert.Equal((60, 1024.0), (first.Columns.Count, first.Columns[^1].KiBPerSecond.Sum()));
        await Waiting.UntilAsync(() => _time.ArmedTimers > 0);
        for (var i = 0; i < 5; i++)
        {
            var seen = _stream.Looks;
            _time.Advance(TimeSpan.FromMinutes(1));
            await Waiting.UntilAsync(() => _stream.Looks > seen && _time.ArmedTimers > 0);
        }

        var heat = await _reader.GetHeatAsync(HeatSpan.Hour, CancellationToken.None);
        Assert.Equal((60, _time.GetUtcNow().AddMinutes(-1)), (heat.Columns.Count, heat.Columns[^1].From));
        Assert.Equal(1, heat.Columns.Sum(static c => c.Marks.Sum(static m => m.Failed)));
        Assert.Equal(["shard-0", "shard-1"], heat.Shards[heat.Columns[^1].Shards!.Value].Select(static s => s.ShardId));
    }

    /// <summary>Set forward, minutes that were counted were counted again; set back, none was counted for as long.</summary>
    [Theory]
    [InlineData(30)]
    [InlineData(-30)]
    [InlineData(-600)]
    public async Task Minutes_WhereTheClockIsSet_CountOnce(int minutes)
    {
        await _reader.GetAsync(CancellationToken.None);
        _time.Jump(TimeSpan.FromMinutes(minutes));
        for (var i = 0; i < 10; i++)
        {
            await _reader.GetAsync(CancellationToken.None);
            _time.Advance(TimeSpan.FromMinutes(1));
        }

        var load = await _reader.GetAsync(CancellationToken.None);
        var heat = await _reader.GetHeatAsync(HeatSpan.Week, CancellationToken.None);
        Assert.InRange(load.Hours.Sum(static h => h.Minutes), 70, 71);
        Assert.InRange(heat.Columns.Sum(static c => c.Minutes), minutes < -60 ? 10 : 70, 71);
        Assert.Equal(load.Hours.Select(static h => h.From).Distinct().Order(), load.Hours.Select(static h => h.From));
    }

    /// <summary>Two looks within five minutes would keep an idle stream open.</summary>
    [Fact]
    public async Task Heat_OfAnIdleStream_IsSeenEveryEightMinutes()
    {
        _stream.Utilisation = 0;
        await _reader.GetHeatAsync(HeatSpan.Hour, CancellationToken.None);
        await Waiting.UntilAsync(() => _time.ArmedTimers > 0);
        _time.Advance(TimeSpan.FromMinutes(1));
        await Waiting.UntilAsync(() => _stream.Looks == 2 && _time.ArmedTimers > 0);
        _time.Advance(TimeSpan.FromMinutes(7));
        Assert.Equal(2, _stream.Looks);
        _time.Advance(TimeSpan.FromMinutes(1));
        await Waiting.UntilAsync(() => _stream.Looks == 3);
    }

    [Fact]
    public async Task Heat_OfAStreamThatDoesNotExist_SaysSo()
    {
        _stream.IsGone = true;
        _stream.Shards.Clear();
        var error = await Assert.ThrowsAsync<StreamManagerException>(() => _reader.GetHeatAsync(HeatSpan.Day, CancellationToken.None));
        Assert.Equal(RecordErrorCodes.ResourceNotFound, error.Code);
    }
}
