using Orleans.Kpl.Pipeline.Timing;
using Orleans.Kpl.Threads.Scheduling;

namespace Orleans.Kpl.Threads.Scenarios;

/// <summary>
/// Entries are armed, moved and cancelled while time passes and the timer fires: an entry fires as often as it was armed and not before its
/// time, one at a time, none is left armed, and after a disposal the timer is not armed.
/// </summary>
internal sealed class TimerQueueScenario() : Scenario("TimerQueue", "TimerQueue", "TimerEntry")
{
    public override void Run(Schedule schedule)
    {
        var time = new SteppedTime(schedule);
        var disposes = schedule.Dice.Next(4) == 0;
        var isDisposed = false;
        var queue = new TimerQueue(new MonotonicClock(time), static e => throw e);
        var turn = new Turn();
        Entry[] entries = [.. Enumerable.Range(0, 4).Select(_ => new Entry(schedule, queue, turn))];
        var busy = 3;

        void Do(params Action[] steps)
        {
            foreach (var step in steps)
                step();
            busy--;
        }

        schedule.Run(
            () => Do(() => entries[0].Arm(30), () => entries[1].Arm(10), () => entries[2].Cancel()),
            () => Do(() => entries[2].Arm(20), () => entries[0].Arm(15), () => entries[3].Arm(10)),
            () => Do(() => entries[3].Cancel(), () => entries[3].Arm(5), Dispose),
            () => time.Pass(() => busy == 0));

        foreach (var entry in entries)
            entry.Judge(isDisposed);

        void Dispose()
        {
            if (!disposes)
                return;
            queue.Dispose();
            isDisposed = true;
        }
    }

    /// <summary>Whether an entry fires now.</summary>
    private sealed class Turn
    {
        public bool IsTaken { get; set; }
    }

    /// <summary>What was asked for is written down before it is done, since it may fire at once.</summary>
    private sealed class Entry(Schedule schedule, TimerQueue queue, Turn turn) : TimerEntry
    {
        private readonly List<long> _asked = [];
        private int _cancelled;
        private int _fired;

        internal override int Rank => 0;

        public void Arm(long due)
        {
            _asked.Add(due);
            queue.Schedule(this, due * TimeSpan.TicksPerMillisecond);
        }

        public void Cancel()
        {
            _cancelled++;
            queue.Cancel(this);
        }

        internal override void OnDue(long now)
        {
            ScheduleFailedException.Unless(!turn.IsTaken, "two entries fire at once");
            turn.IsTaken = true;
            ScheduleFailedException.Unless(++_fired <= _asked.Count, "an entry fired more often than it was armed");
            ScheduleFailedException.Unless(now >= _asked.Min() * TimeSpan.TicksPerMillisecond, "an entry fired before its time");
            schedule.Step();
            turn.IsTaken = false;
        }

        public void Judge(bool isDisposed)
        {
            ScheduleFailedException.Unless(isDisposed || HeapIndex < 0, "an entry is left armed");
            ScheduleFailedException.Unless(isDisposed || _fired > 0 || _cancelled > 0, "an entry that was armed never fired");
        }
    }
}
