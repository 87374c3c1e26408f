namespace Orleans.Kpl.Threads.Scheduling;

/// <summary>
/// One way in which threads of a scenario can take turns. Its seed decides all of it: at each place a thread goes on, or with the probability of this
/// schedule another one that can run does. Few changes find what needs a thread to stand still for long, many find the rest.
/// </summary>
/// <param name="seed">Decides everything.</param>
/// <param name="places">Which sites count as places.</param>
/// <param name="weakened">The site whose operation is weakened; −1 for none.</param>
/// <param name="trace">Takes each step; null where nobody wants to know.</param>
internal sealed class Schedule(long seed, bool[] places, int weakened = -1, Action<int, int>? trace = null)
{
    /// <summary>No scenario needs a fiftieth of it.</summary>
    private const int MostSteps = 50_000;

    private const int MostSwitchBits = 6;

    /// <summary>
    /// Much longer than any schedule takes, also at the lowest priority of a busy machine: whoever waits longer waits for something that the scheduler does
    /// not see.
    /// </summary>
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(3);

    private readonly Random _random = new(unchecked((int)(seed * 2_654_435_761L)));
    private readonly SemaphoreSlim _over = new(0);
    private readonly List<LogicalThread> _runnable = [];
    private double _switching;
    private int _started;
    private string? _failure;

    public List<LogicalThread> Threads { get; } = [];

    public int Weakened => weakened;

    /// <summary>Draws for the scenario itself: what is put, and when.</summary>
    public Random Dice => _random;

    public int Steps { get; private set; }

    public bool IsPlace(int site) => places[site];

    /// <summary>Runs these at once, until all have ended and all that they started.</summary>
    /// <exception cref="ScheduleFailedException">One threw, or all wait.</exception>
    public void Run(params Action[] bodies)
    {
        _switching = Math.Pow(0.5, 1 + _random.Next(MostSwitchBits));
        foreach (var body in bodies)
            Start(body);
        Threads[_random.Next(Threads.Count)].Wake();
        if (!_over.Wait(Patience))
            throw new ScheduleFailedException("a thread waits for something that the scheduler does not know");
        if (_failure is not null)
            throw new ScheduleFailedException(_failure);
    }

    /// <summary>Adds a thread; whoever has the turn keeps it.</summary>
    public void Start(Action body)
    {
        var thread = new LogicalThread(this, _started++, body);
        Threads.Add(thread);
        thread.Begin();
    }

    /// <summary>A place in a scenario's own code, unless it makes or judges its objects.</summary>
    public void Step()
    {
        if (LogicalThread.Current is { } thread)
            Step(thread, -1);
    }

    /// <summary>Waits as a caller does who awaits the task.</summary>
    public void Await(Task task)
    {
        Step();
        LogicalThread.Current!.Await(task);
    }

    /// <summary>Gives the turn to whoever has it next.</summary>
    public void Step(LogicalThread thread, int site)
    {
        trace?.Invoke(thread.Number, site);
        if (++Steps > MostSteps)
            Fail($"no end after {MostSteps} steps");
        if (!thread.Waits && _random.NextDouble() >= _switching)
            return;
        var next = Next(except: null);
        if (next is null)
            Fail("all threads wait for each other");
        if (next == thread)
            return;
        next!.Wake();
        thread.AwaitTurn();
    }

    /// <summary>Takes a thread out that has ended.</summary>
    public void Ended(LogicalThread thread)
    {
        Threads.Remove(thread);
        if (Threads.Count == 0)
            _over.Release();
        else if (Next(except: thread) is { } next)
            next.Wake();
        else
            Fail("all threads that are left wait for each other");
    }

    /// <summary>Ends the schedule. Its threads stay where they are: they hold half-done work of the product, and nobody wants its end.</summary>
    public void Fail(string why, Exception? thrown = null)
    {
        _failure = thrown is ScheduleFailedException ? thrown.Message : why;
        _over.Release();
        new SemaphoreSlim(0).Wait();
    }

    private LogicalThread? Next(LogicalThread? except)
    {
        _runnable.Clear();
        foreach (var thread in Threads)
        {
            if (thread != except && thread.IsRunnable)
                _runnable.Add(thread);
        }

        return _runnable.Count == 0 ? null : _runnable[_random.Next(_runnable.Count)];
    }
}
