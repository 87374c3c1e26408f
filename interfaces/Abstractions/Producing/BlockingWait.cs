namespace Orleans.Kpl;

/// <summary>Blocks a thread on a task without the risk of a deadlock.</summary>
internal static class BlockingWait
{
    // Values above the maximum of Task.Wait, such as TimeSpan.MaxValue, mean no limit.
    private static readonly TimeSpan Forever = TimeSpan.FromDays(24);

    /// <summary>
    /// Starts asynchronous work so that no part of it needs the calling thread, which is about to block. The work uses neither that
    /// thread's synchronization context nor its task scheduler.
    /// </summary>
    public static T Start<T>(Func<T> start)
        where T : Task
    {
        if (TaskScheduler.Current != TaskScheduler.Default)
        {
            var started = Task.Factory.StartNew(start, CancellationToken.None, TaskCreationOptions.DenyChildAttach, TaskScheduler.Default);
            return started.GetAwaiter().GetResult();
        }

        var context = SynchronizationContext.Current;
        if (context is null)
            return start();
        SynchronizationContext.SetSynchronizationContext(null);
        try
        {
            return start();
        }
        finally
        {
            SynchronizationContext.SetSynchronizationContext(context);
        }
    }

    /// <summary>Waits for the task; false when the time passed first. An exception of the task is thrown unwrapped.</summary>
    /// <remarks>
    /// <see cref="Task.Wait(TimeSpan, CancellationToken)"/> tells the thread pool that one of its threads blocks. The pool then
    /// starts other threads for the work that the caller waits for.
    /// </remarks>
    /// <exception cref="OperationCanceledException">The token cancelled the wait, or the task was cancelled.</exception>
    public static bool TryWait(Task task, TimeSpan? timeout, CancellationToken cancellationToken = default)
    {
        if (!task.IsCompleted)
        {
            try
            {
                if (!task.Wait(timeout is { } limit && limit < Forever ? limit : Timeout.InfiniteTimeSpan, cancellationToken))
                    return false;
            }
            catch (AggregateException)
            {
                // The awaiter below throws the inner exception.
            }
        }

        task.GetAwaiter().GetResult();
        return true;
    }

    /// <summary>Throws for a negative time other than <see cref="Timeout.InfiniteTimeSpan"/>.</summary>
    public static void ThrowIfNegative(TimeSpan? timeout)
    {
        if (timeout < TimeSpan.Zero && timeout != Timeout.InfiniteTimeSpan)
            throw new ArgumentOutOfRangeException(nameof(timeout), timeout, "a time-out must not be negative");
    }

    /// <summary>Returns the remaining part of a time limit; never below zero.</summary>
    public static TimeSpan Left(TimeSpan limit, long started)
    {
        if (limit == Timeout.InfiniteTimeSpan)
            return limit;
        var left = limit - TimeProvider.System.GetElapsedTime(started);
        return left > TimeSpan.Zero ? left : TimeSpan.Zero;
    }
}
