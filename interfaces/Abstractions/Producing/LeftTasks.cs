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
}
