using System.Diagnostics;

namespace Orleans.Kpl.Simulation.Clockwork;

/// <summary>
/// Drives a world on the only thread of the pool. It stands at the end of the pool's queue: when its turn comes and nothing else is queued, the
/// last event has had all its consequences, and the next one happens.
/// </summary>
internal sealed class OneThread(World world) : IThreadPoolWorkItem
{
    /// <summary>So many turns without an event: the work that is queued only queues more of it.</summary>
    private const int MostTurns = 200_000;

    /// <summary>Work that takes so much processor time will never end. Real time tells little: others may have the processor.</summary>
    private static readonly TimeSpan Stuck = TimeSpan.FromSeconds(20);

    /// <summary>Work that takes so much real time waits for something that never comes.</summary>
    private static readonly TimeSpan Blocked = TimeSpan.FromMinutes(10);

    private readonly ManualResetEventSlim _isOver = new();
    private int _turns;

    /// <summary>Runs the world until it is over. Called from a thread that does not belong to the pool.</summary>
    public static void Run(World world, Action begin)
    {
        ThreadPool.GetMaxThreads(out var threads, out _);
        if (threads != 1)
            throw new InvalidOperationException($"the pool has {threads} threads instead of one: histories would not be repeatable");
        var driver = new OneThread(world);
        world.At(0, begin);
        ThreadPool.UnsafeQueueUserWorkItem(driver, preferLocal: false);
        var (steps, worked, since) = (-1L, TimeSpan.Zero, 0L);
        while (!driver._isOver.Wait(TimeSpan.FromSeconds(1)))
        {
            var used = Environment.CpuUsage.TotalTime;
            if (world.Steps != steps)
                (steps, worked, since) = (world.Steps, used, Stopwatch.GetTimestamp());
            else if (used - worked > Stuck || Stopwatch.GetElapsedTime(since) > Blocked)
            {
                world.Spins = true;
                world.Violate($"the process spins: one piece of work has taken {Stuck.TotalSeconds} s of processor time, or {Blocked.TotalMinutes} real minutes");
                return;
            }
        }
    }

    public void Execute()
    {
        while (ThreadPool.PendingWorkItemCount == 0)
        {
            _turns = 0;
            if (world.Step())
                continue;
            _isOver.Set();
            return;
        }

        if (++_turns == MostTurns)
        {
            world.Spins = true;
            world.Violate("the process spins: work queues work, and time stands still");
            _isOver.Set();
            return;
        }

        // Not as the next one: what is queued goes first.
        ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
    }
}
