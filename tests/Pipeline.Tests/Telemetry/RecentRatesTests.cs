using Orleans.Kpl.Administration;
using Orleans.Kpl.Pipeline.Telemetry;

namespace Orleans.Kpl.Pipeline.Tests.Telemetry;

/// <remarks>Tests <see cref="StreamPast"/> and <see cref="StreamHistory"/> too.</remarks>
public sealed class RecentRatesTests
{
    private static readonly TimeSpan Period = TimeSpan.FromSeconds(StreamHistory.PeriodSeconds);

    private readonly FakeTimeProvider _time = new();
    private readonly List<StreamReport> _streams = [];

    [Fact]
    public void Of_TellsRatesOfEachPeriod_OldestFirst()
    {
        using var rates = new RecentRates(() => _streams, _time);
        Set("events", 300, calls: 30);
        _time.Advance(Period);
        Set("events", 800, calls: 90);
        _time.Advance(Period - RecentRates.Every);
        Set("events", 900, calls: 90);
        _time.Advance(RecentRates.Every);

        var past = rates.Of("events")!;
        Assert.Equal([10, 20], past.Accepted);
        Assert.Equal([1, 2], past.Calls);
        // That of the last look, which is younger than a period.
        Assert.Equal(20, rates.AcceptedPerSecond("events"));
        Assert.Null(rates.Of("orders"));
    }

    [Fact]
    public void Of_KeepsAnHour_OfSoManyStreams()
    {
        using var rates = new RecentRates(() => _streams, _time);
        for (var i = 0; i <= RecentRates.MostStreams; i++)
            Set($"stream-{i}", 1, calls: 0);
        for (var i = 0; i < RecentRates.Kept + 5; i++)
            _time.Advance(Period);
        Assert.Equal(TimeSpan.FromHours(1), rates.Of("stream-0")!.Accepted.Count * Period);
        Assert.Null(rates.Of($"stream-{RecentRates.MostStreams}"));
    }

    /// <summary>The first 64 names kept their places for good, whether their streams were there or not.</summary>
    [Fact]
    public void Of_StreamsThatHaveClosed_LeaveTheirPlacesToOthers()
    {
        using var rates = new RecentRates(() => _streams, _time);
        for (var i = 0; i < RecentRates.MostStreams; i++)
            Set($"stream-{i}", 1, calls: 0);
        _time.Advance(Period);
        Set("events", 300, calls: 0);
        _time.Advance(Period);
        Assert.Null(rates.Of("events"));

        _streams.RemoveAll(static s => s.Stream == "stream-0");
        _time.Advance(RecentRates.Every);
        Set("events", 600, calls: 0);
        _time.Advance(Period);
        // What it counted before it had a place is of another time.
        Assert.Equal([10], rates.Of("events")!.Accepted);
        Assert.Null(rates.Of("stream-0"));
    }

    /// <summary>A stream that has closed is told of with its ledger: the first 64 streams of a process kept their places for good.</summary>
    [Fact]
    public void Of_AStreamOfWhichNothingWasHeardForAnHour_LeavesItsPlaceToOneThatIsUsed()
    {
        using var rates = new RecentRates(() => _streams, _time);
        for (var i = 0; i < RecentRates.MostStreams; i++)
            Set($"stream-{i}", 1, calls: 0);
        for (var i = 0; i <= RecentRates.Kept; i++)
            _time.Advance(Period);
        Set("unused", 0, calls: 0);
        _time.Advance(RecentRates.Every);
        Assert.Null(rates.Of("unused"));

        Set("events", 300, calls: 0);
        _time.Advance(Period);
        Assert.Equal([10], rates.Of("events")!.Accepted);
        Assert.Single(Enumerable.Range(0, RecentRates.MostStreams), i => rates.Of($"stream-{i}") is null);
    }

    /// <summary>Streams beyond the first 64 were told as idle, whatever was put into them.</summary>
    [Fact]
    public void AcceptedPerSecond_IsToldOfEachStream_HoweverManyThereAre()
    {
        using var rates = new RecentRates(() => _streams, _time);
        for (var i = 0; i <= RecentRates.MostStreams; i++)
            Set($"stream-{i}", 10, calls: 0);
        _time.Advance(RecentRates.Every);
        Set($"stream-{RecentRates.MostStreams}", 110, calls: 0);
        _time.Advance(RecentRates.Every);
        Assert.Equal(20, rates.AcceptedPerSecond($"stream-{RecentRates.MostStreams}"));
        Assert.Equal(0, rates.AcceptedPerSecond("stream-0"));
    }

    [Fact]
    public void Of_AStreamThatIsOpenedAnew_HasNoNegativeRate()
    {
        using var rates = new RecentRates(() => _streams, _time);
        Set("events", 50, calls: 300);
        _time.Advance(Period);
        Set("events", 50, calls: 1);
        _time.Advance(Period);
        Assert.Equal([10, 0], rates.Of("events")!.Calls);
    }

    [Fact]
    public void Sum_AddsTheLatestPeriodsOfAll() => Assert.Equal(
        [1, 12], StreamHistory.Sum([new StreamHistory { Accepted = [1, 2] }, new StreamHistory { Accepted = [10] }]).Accepted);

    private void Set(string stream, long accepted, long calls)
    {
        _streams.RemoveAll(s => s.Stream == stream);
        _streams.Add(new StreamReport { Stream = stream, Ledger = new StreamLedger(accepted, accepted, 0, 0, 0, 0, 0), Calls = calls });
    }
}
