namespace Orleans.Kpl;

/// <summary>Blocks a thread on a task without a chance of a deadlock.</summary>
internal static class BlockingWait
{
    // More than Task.Wait takes, such as TimeSpan.MaxValue, is no limit.
    private static readonly TimeSpan Forever = TimeSpan.FromDays(24);

    /// <summary>
    /// Starts asynchronous work such that none of it needs the calling thread, which is about to block: not by its
    /// synchronization context, and not by a task scheduler of its own.
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

    /// <summary>False when the time passed first. What the task threw is thrown as it is.</summary>
    /// <remarks>
    /// <see cref="Task.Wait(TimeSpan, CancellationToken)"/> tells the thread pool that one of its threads blocks, so that it
    /// starts others for the work that is waited for.
    /// </remarks>
    /// <exception cref="OperationCanceledException">The token ended the wait, or the task was cancelled.</exception>
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
                // The awaiter below throws what is inside.
            }
        }

        task.GetAwaiter().GetResult();
        return true;
    }

    /// <summary>Refuses a time below zero that is not <see cref="Timeout.InfiniteTimeSpan"/>.</summary>
    public static void ThrowIfNegative(TimeSpan? timeout)
    {
        if (timeout < TimeSpan.Zero && timeout != Timeout.InfiniteTimeSpan)
            throw new ArgumentOutOfRangeException(nameof(timeout), timeout, "a time-out must not be negative");
    }

    /// <summary>What is left of a time limit; never below zero.</summary>
    public static TimeSpan Left(TimeSpan limit, long started)
    {
        if (limit == Timeout.InfiniteTimeSpan)
            return limit;
        var left = limit - TimeProvider.System.GetElapsedTime(started);
        return left > TimeSpan.Zero ? left : TimeSpan.Zero;
    }
}
