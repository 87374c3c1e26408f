using Orleans.Kpl.Pipeline.Timing;

namespace Orleans.Kpl.Pipeline.Tests.Timing;

public sealed class TimerQueueTests
{
    private readonly FakeTimeProvider _time = new();
    private readonly List<string> _woken = [];
    private readonly List<Exception> _errors = [];
    private readonly TimerQueue _queue;

    public TimerQueueTests() => _queue = new TimerQueue(new MonotonicClock(_time), _errors.Add);

    [Fact]
    public void Entries_AreWokenInTheOrderTheyAreDueAndByRankWhenTogether()
    {
        Schedule("sender", 20, rank: 1);
        Schedule("late", 30);
        Schedule("engine", 20);
        Schedule("early", 10);

        _time.Advance(TimeSpan.FromMilliseconds(100));

        Assert.Equal(["early@10", "engine@20", "sender@20", "late@30"], _woken);
    }

    [Fact]
    public void Schedule_Again_MovesTheEntry()
    {
        var entry = Schedule("a", 50);
        _queue.Schedule(entry, Ms(10));
        _queue.Schedule(entry, Ms(70));

        _time.Advance(TimeSpan.FromMilliseconds(60));
        Assert.Empty(_woken);
        _time.Advance(TimeSpan.FromMilliseconds(60));

        Assert.Equal(["a@70"], _woken);
    }

    [Fact]
    public void Cancel_EntryIsNotWoken()
    {
        var cancelled = Schedule("a", 10);
        Schedule("b", 20);
        _queue.Cancel(cancelled);

        _time.Advance(TimeSpan.FromSeconds(1));

        Assert.Equal(["b@20"], _woken);
    }

    [Fact]
    public void Nothing_IsArmedWhileNothingWaits()
    {
        Schedule("a", 10);
        _time.Advance(TimeSpan.FromSeconds(1));

        Assert.Equal(0, _time.ArmedTimers);
    }

    [Fact]
    public void EntryThatThrows_HarmsNoOther()
    {
        Schedule("bad", 10, act: () => throw new InvalidOperationException());
        Schedule("good", 10, rank: 1);

        _time.Advance(TimeSpan.FromSeconds(1));

        Assert.Equal(["bad@10", "good@10"], _woken);
        Assert.Single(_errors);
    }

    [Fact]
    public void EntryThatSchedulesAnotherAtOnce_IsFollowedByIt()
    {
        Entry? second = null;
        Schedule("first", 10, act: () => _queue.Schedule(second!, Ms(10)));
        second = new Entry(this, "second", 1, () => { });

        _time.Advance(TimeSpan.FromSeconds(1));

        Assert.Equal(["first@10", "second@10"], _woken);
    }

    [Fact]
    public void ManyEntries_EachIsWokenOnce()
    {
        var random = new Random(5);
        var due = Enumerable.Range(0, 2_000).Select(_ => random.Next(1, 500)).ToArray();
        for (var i = 0; i < due.Length; i++)
            Schedule($"{i:D4}", due[i]);

        _time.Advance(TimeSpan.FromSeconds(1));

        Assert.Equal(due.Select((d, i) => $"{i:D4}@{d}").Order(), _woken.Order());
        Assert.Equal(_woken, _woken.OrderBy(w => int.Parse(w.Split('@')[1], System.Globalization.CultureInfo.InvariantCulture)).ToList());
    }

    private Entry Schedule(string name, int dueMs, int rank = 0, Action? act = null)
    {
        var entry = new Entry(this, name, rank, act ?? (() => { }));
        _queue.Schedule(entry, Ms(dueMs));
        return entry;
    }

    private static long Ms(int ms) => ms * TimeSpan.TicksPerMillisecond;

    private sealed class Entry(TimerQueueTests test, string name, int rank, Action act) : TimerEntry
    {
        internal override int Rank => rank;

        internal override void OnDue(long now)
        {
            test._woken.Add($"{name}@{now / TimeSpan.TicksPerMillisecond}");
            act();
        }
    }
}
