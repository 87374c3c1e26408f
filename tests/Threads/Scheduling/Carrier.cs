using System.Collections.Concurrent;

namespace Orleans.Kpl.Threads.Scheduling;

/// <summary>A thread of the system that carries one thread of a schedule after the other. One whose schedule failed stays where it is.</summary>
internal sealed class Carrier
{
    private static readonly ConcurrentStack<Carrier> Idle = new();

    private readonly SemaphoreSlim _asked = new(0);
    private LogicalThread? _next;

    private Carrier() => new Thread(RunAll) { IsBackground = true, Name = "schedule" }.Start();

    public static void Run(LogicalThread thread)
    {
        if (!Idle.TryPop(out var carrier))
            carrier = new Carrier();
        carrier._next = thread;
        carrier._asked.Release();
    }

    private void RunAll()
    {
        while (true)
        {
            _asked.Wait();
            _next!.Run();
            Idle.Push(this);
        }
    }
}
