namespace Orleans.Kpl;

/// <summary>Tasks whose caller may leave before they end.</summary>
internal static class LeftTasks
{
    /// <summary>
    /// Returns the task, and observes its failure. Otherwise <see cref="TaskScheduler.UnobservedTaskException"/> would be raised for a task that fails after
    /// its caller has left.
    /// </summary>
    public static T Observed<T>(this T task)
        where T : Task
    {
        _ = task.ContinueWith(static t => t.Exception, CancellationToken.None,
            TaskContinuationOptions.OnlyOnFaulted | TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        return task;
    }

    /// <summary>Waits for the task, but for no longer than that. Whoever leaves it then says so.</summary>
    /// <returns>Whether it has ended. What it throws until then is thrown here, and is observed afterwards.</returns>
    public static async Task<bool> EndsWithin(this Task task, TimeSpan limit, TimeProvider time)
    {
        await task.Observed().WaitAsync(limit, time).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (!task.IsCompleted)
            return false;
        await task.ConfigureAwait(false);
        return true;
    }
}
