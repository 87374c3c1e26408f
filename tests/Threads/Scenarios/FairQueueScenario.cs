using Orleans.Kpl.Pipeline.Fairness;
using Orleans.Kpl.Threads.Scheduling;
using Orleans.Kpl.Threads.Weaving;

namespace Orleans.Kpl.Threads.Scenarios;

/// <summary>
/// Callers of two identities wait in a queue while memory comes back, and some give up: each is served once or gives up, those of one identity in their
/// order, and at the end nobody waits there. The queue has no lock of its own, so the locks of its owner are weakened.
/// </summary>
internal sealed class FairQueueScenario() : Scenario("FairQueue", "FairQueue", "DeficitRotation", "DeficitFlow", "MemoryLimit", "FairMemory", "QueuedCaller")
{
    private const int Most = 3;

    public override bool Weakens(Site site) => base.Weakens(site) && site.Operation == Site.Lock;

    public override void Run(Schedule schedule)
    {
        var memory = new FairMemory(Most, 0);
        using var givesUp = new CancellationTokenSource();
        memory.Charge(Most, Most);
        var (inUse, isClosed, closes) = (Most, false, schedule.Dice.Next(4) == 0);
        Task[] first = new Task[2], second = new Task[2];
        var sizes = (A: 1 + schedule.Dice.Next(Most), B: 1 + schedule.Dice.Next(Most));

        async Task ReserveAsync(int size, string identity, CancellationToken cancellationToken)
        {
            await memory.ReserveAsync(size, 1, new PutOptions { Identity = identity }, cancellationToken);
            inUse += size;
            ScheduleFailedException.Unless(inUse <= Most, $"{inUse} are in use");
        }

        void Ask(Task[] places, int size, string identity, CancellationToken last)
        {
            places[0] = ReserveAsync(size, identity, default);
            places[1] = ReserveAsync(1, identity, last);
            Return(places[0], size);
            Return(places[1], 1);
        }

        void Return(Task reserving, int size)
        {
            schedule.Await(reserving);
            ScheduleFailedException.Unless(!reserving.IsFaulted || isClosed, reserving.Exception?.InnerException?.Message ?? "");
            if (reserving.IsCompletedSuccessfully)
                Release(size);
        }

        void Release(int size)
        {
            inUse -= size;
            memory.Release(size, 1);
        }

        void Leave()
        {
            givesUp.Cancel();
            if (!closes)
                return;
            isClosed = true;
            memory.Close("closed");
        }

        schedule.Run(
            () => Ask(first, sizes.A, "a", givesUp.Token),
            () => Ask(second, sizes.B, "b", default),
            () =>
            {
                for (var i = 0; i < Most; i++)
                    Release(1);
            },
            Leave);
        ScheduleFailedException.Unless(!memory.HasWaiters, "somebody is left in line");
        ScheduleFailedException.Unless(memory.Bytes == 0 && memory.Records == 0, $"{memory.Bytes} bytes and {memory.Records} records are left");
        ScheduleFailedException.Unless(isClosed || second[1].IsCompletedSuccessfully, "one that did not give up was not served");
    }
}
