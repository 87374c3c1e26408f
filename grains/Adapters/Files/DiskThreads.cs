namespace Orleans.Kpl.Adapters.Files;

/// <summary>
/// Runs a store's calls on threads of their own, because the file system blocks. A disk that hangs holds these threads, and not those of the thread pool,
/// which everything else in the process needs.
/// </summary>
internal sealed class DiskThreads : TaskScheduler
{
    /// <summary>How many calls run at a time. What is called beyond that waits in line, as it would on a disk.</summary>
    public const int Most = 32;

    /// <summary>How long a thread waits for its next call before it ends.</summary>
    private static readonly TimeSpan Idle = TimeSpan.FromSeconds(1);

    // Monitor has what a Lock does not: threads wait for it to be pulsed.
    private readonly object _lock = new();
    private readonly Queue<Task> _waiting = [];
    private int _threads;
    private int _idle;

    public override int MaximumConcurrencyLevel => Most;

    protected override void QueueTask(Task task)
    {
        lock (_lock)
        {
            _waiting.Enqueue(task);
            if (_waiting.Count <= _idle || _threads == Most)
            {
                Monitor.Pulse(_lock);
                return;
            }

            _threads++;
        }

        try
        {
            new Thread(Run) { IsBackground = true, Name = "kpl backlog" }.UnsafeStart();
        }
        catch
        {
            // The system has no more threads. Others of these, if there are any, take the task.
            lock (_lock)
            {
                if (--_threads > 0)
                    return;
            }

            throw;
        }
    }

    /// <remarks>Only Parallel.For asks, on one of these threads: where the others hang, it runs all of its loop itself.</remarks>
    protected override bool TryExecuteTaskInline(Task task, bool taskWasPreviouslyQueued) => TryExecuteTask(task);

    protected override IEnumerable<Task> GetScheduledTasks()
    {
        lock (_lock)
            return [.. _waiting];
    }

    private void Run()
    {
        while (Next() is { } task)
            TryExecuteTask(task);
    }

    /// <summary>Waits for the next task; null where none has come for a while, and the thread ends.</summary>
    private Task? Next()
    {
        lock (_lock)
        {
            _idle++;
            while (_waiting.Count == 0)
            {
                if (Monitor.Wait(_lock, Idle) || _waiting.Count > 0)
                    continue;
                _idle--;
                _threads--;
                return null;
            }

            _idle--;
            return _waiting.Dequeue();
        }
    }
}
