namespace Orleans.Kpl.Threads.Scheduling;

/// <summary>A thread of one schedule. It runs only while it has the turn.</summary>
internal sealed class LogicalThread(Schedule schedule, int number, Action body)
{
    private readonly List<Lock> _held = [];
    private readonly SemaphoreSlim _turn = new(0);
    private Lock? _lock;
    private Task? _task;

    [field: ThreadStatic]
    public static LogicalThread? Current { get; private set; }

    public Schedule Schedule => schedule;

    public int Number => number;

    /// <summary>Whether it waits for a lock or a task.</summary>
    public bool Waits => _lock is not null || _task is not null;

    public bool IsRunnable => (_lock is null || !schedule.Threads.Exists(t => t != this && t._held.Contains(_lock))) && _task is not { IsCompleted: false };

    /// <summary>Offers the turn to others.</summary>
    public void Step(int site)
    {
        if (schedule.IsPlace(site))
            schedule.Step(this, site);
    }

    /// <summary>Enters a lock as soon as no other thread has it. False where the lock is weakened: then nothing keeps others out.</summary>
    public bool TryEnter(Lock gate, int site)
    {
        Step(site);
        if (schedule.Weakened == site)
            return false;
        _lock = gate;
        if (!IsRunnable)
            schedule.Step(this, site);
        _lock = null;
        _held.Add(gate);
        return true;
    }

    public void Leave(Lock gate, int site)
    {
        _held.RemoveAt(_held.LastIndexOf(gate));
        Step(site);
    }

    /// <summary>Lets others run until the task has ended.</summary>
    public void Await(Task task)
    {
        _task = task;
        if (!IsRunnable)
            schedule.Step(this, -1);
        _task = null;
    }

    /// <summary>Gives the thread the turn.</summary>
    public void Wake() => _turn.Release();

    public void AwaitTurn() => _turn.Wait();

    /// <summary>Puts the thread on a thread of the system, where it awaits its first turn.</summary>
    public void Begin() => Carrier.Run(this);

    /// <summary>Runs on a thread of the system.</summary>
    public void Run()
    {
        AwaitTurn();
        Current = this;
        SynchronizationContext.SetSynchronizationContext(new Continuations(schedule));
        try
        {
            body();
        }
        catch (Exception e)
        {
            schedule.Fail($"thread {number} threw {e.GetType().Name}: {e.Message}", e);
        }
        finally
        {
            SynchronizationContext.SetSynchronizationContext(null);
            Current = null;
        }

        schedule.Ended(this);
    }

    /// <summary>A continuation is a thread of the schedule.</summary>
    private sealed class Continuations(Schedule schedule) : SynchronizationContext
    {
        public override void Post(SendOrPostCallback d, object? state) => schedule.Start(() => d(state));
    }
}
