using Orleans.Kpl.Pipeline.Road.Promising;
using Orleans.Kpl.Threads.Scheduling;

namespace Orleans.Kpl.Threads.Scenarios;

/// <summary>Records enter and leave while two flush: a flush ends once all that was accepted before it has ended, and does end.</summary>
internal sealed class FlushGenerationScenario() : Scenario("FlushGeneration", "FlushGeneration", "FlushBarrier")
{
    public override void Run(Schedule schedule)
    {
        var barrier = new FlushBarrier();
        HashSet<int> open = [];

        void Put(int thread, int rounds)
        {
            for (var i = 0; i < rounds; i++)
            {
                var count = 1 + i;
                var generation = barrier.Enter(count);
                var record = thread * 10 + i;
                open.Add(record);
                schedule.Step();
                open.Remove(record);
                generation.Leave(count);
            }
        }

        void Flush()
        {
            HashSet<int> before = [.. open];
            var flushed = barrier.Close();
            schedule.Await(flushed);
            before.IntersectWith(open);
            ScheduleFailedException.Unless(before.Count == 0, "a flush ended before a record that was accepted before it");
            var left = barrier.Open;
            ScheduleFailedException.Unless(left >= 0, $"{left} records are open");
        }

        schedule.Run(() => Put(1, 2), () => Put(2, 2), Flush, Flush);
        ScheduleFailedException.Unless(barrier.Open == 0, $"{barrier.Open} records are open at the end");
        ScheduleFailedException.Unless(barrier.Close().IsCompletedSuccessfully, "a flush of nothing waits");
    }
}
