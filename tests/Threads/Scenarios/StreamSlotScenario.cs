using Orleans.Kpl.Pipeline.Idle;
using Orleans.Kpl.Threads.Scheduling;
using Orleans.Kpl.Threads.Weaving;

namespace Orleans.Kpl.Threads.Scenarios;

/// <summary>
/// Two use a stream while it is closed and opened again, and in the end goes: nobody uses a stream that is closed, who is sent away comes in later or
/// learns that it is gone, and a stream that was used lately is not idle.
/// </summary>
internal sealed class StreamSlotScenario() : Scenario("StreamSlot", "StreamSlot")
{
    private const long Idle = 10;

    /// <summary>Who makes the stream, <see cref="ProducerStreamsScenario"/> has.</summary>
    public override bool Weakens(Site site) => base.Weakens(site) && site.Operation != Site.Lock;

    public override void Run(Schedule schedule)
    {
        var slot = new StreamSlot<object>("events");
        var (isClosed, isGone, users, now, lastUse) = (false, false, 0, 0L, long.MinValue);

        void Use(int times)
        {
            while (times > 0)
            {
                if (slot.TryEnter())
                {
                    users++;
                    (times, lastUse) = (times - 1, now);
                    ScheduleFailedException.Unless(!isClosed && !isGone, "a stream is used that is closed");
                    schedule.Step();
                    users--;
                    slot.Leave();
                    continue;
                }

                schedule.Await(slot.AfterClosing);
                if (isGone)
                    return;
            }
        }

        bool TryClose()
        {
            if (!slot.TryClose())
                return false;
            ScheduleFailedException.Unless(users == 0, "a stream closed while it was used");
            isClosed = true;
            schedule.Step();
            return true;
        }

        void Close()
        {
            for (var i = 0; i < 3; i++)
            {
                var (asked, usedBefore) = (now += Idle / 2, lastUse);
                if (slot.IsUnused(asked, Idle))
                    ScheduleFailedException.Unless(usedBefore <= asked - Idle, $"a stream used at {usedBefore} was idle at {asked}");
                if (!TryClose())
                    continue;
                isClosed = false;
                slot.Reopen();
            }

            if (TryClose())
            {
                isGone = true;
                slot.SetGone();
            }
        }

        schedule.Run(() => Use(2), () => Use(2), Close);
        ScheduleFailedException.Unless(slot.AfterClosing.IsCompleted, "who is sent away would wait for ever");
        if (isGone)
            return;
        ScheduleFailedException.Unless(slot.TryEnter(), "an open stream sends users away");
        slot.Leave();
        ScheduleFailedException.Unless(slot.TryClose(), "a stream that nobody uses does not close");
    }
}
