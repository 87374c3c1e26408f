using Orleans.Kpl.Pipeline.State;
using Orleans.Kpl.Scaling.Running;

namespace Orleans.Kpl.Scaling.Tests.Running;

public sealed class LoadReaderTests : IAsyncDisposable
{
    private readonly FakeTimeProvider _time = new();
    private readonly ManagedStreamInMemory _stream = new(2) { Utilisation = 0.5 };
    private readonly LoadReader _reader;

    public LoadReaderTests() => _reader = new LoadReader(
        _stream, new AdminServices { Kinesis = _stream, Store = new MemoryStateStore(), Time = _time, Events = new CapacityAdministratorTests.QuietEvents() });

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
}
