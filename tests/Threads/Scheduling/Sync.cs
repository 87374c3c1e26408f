using System.Numerics;

namespace Orleans.Kpl.Threads.Scheduling;

/// <summary>
/// What the woven product calls instead of the runtime's own operations. One thread of a schedule runs at a time, so a plain read and write is one step
/// unless the scheduler is asked in between, which it is where the operation is weakened. Public, because the woven assembly calls it.
/// </summary>
public static class Sync
{
    /// <summary>A place where another thread may go on.</summary>
    public static void Point(int site) => LogicalThread.Current?.Step(site);

    /// <summary>Adds, and returns the sum.</summary>
    public static T Add<T>(ref T location, T value, int site)
        where T : struct, INumberBase<T>
    {
        var sum = Begin(ref location, site) + value;
        return location = sum;
    }

    /// <summary>Adds one, and returns the sum.</summary>
    public static T Increment<T>(ref T location, int site)
        where T : struct, INumberBase<T> => Add(ref location, T.One, site);

    /// <summary>Takes one away, and returns the rest.</summary>
    public static T Decrement<T>(ref T location, int site)
        where T : struct, INumberBase<T> => Add(ref location, -T.One, site);

    /// <summary>Writes, and returns what was there.</summary>
    public static T Exchange<T>(ref T location, T value, int site)
    {
        var former = Begin(ref location, site);
        location = value;
        return former;
    }

    /// <summary>Writes where the value is the expected one; returns what was there.</summary>
    public static T CompareExchange<T>(ref T location, T value, T comparand, int site)
    {
        var former = Begin(ref location, site);
        if (EqualityComparer<T>.Default.Equals(former, comparand))
            location = value;
        return former;
    }

    /// <summary>Enters a lock.</summary>
    public static Scope EnterScope(Lock gate, int site)
    {
        var thread = LogicalThread.Current;
        return thread is not null && thread.TryEnter(gate, site) ? new Scope(thread, gate, site) : default;
    }

    /// <summary>Ends a registration without waiting for a callback that is under way: it may be a thread that does not run now.</summary>
    public static void Unregister(ref CancellationTokenRegistration registration) => registration.Unregister();

    /// <summary>Reads; where the operation is weakened, others may run before the write.</summary>
    private static T Begin<T>(ref T location, int site)
    {
        var thread = LogicalThread.Current;
        if (thread is null)
            return location;
        thread.Step(site);
        var read = location;
        if (thread.Schedule.Weakened == site)
            thread.Step(site);
        return read;
    }

    /// <summary>A lock that is held.</summary>
    public readonly ref struct Scope
    {
        private readonly LogicalThread? _thread;
        private readonly Lock? _lock;
        private readonly int _site;

        internal Scope(LogicalThread thread, Lock gate, int site) => (_thread, _lock, _site) = (thread, gate, site);

        /// <summary>Leaves the lock.</summary>
        public void Dispose() => _thread?.Leave(_lock!, _site);
    }
}
