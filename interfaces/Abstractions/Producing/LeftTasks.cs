namespace Orleans.Kpl;

/// <summary>Tasks whose caller may leave before they end.</summary>
internal static class LeftTasks
{
    /// <summary>Returns the task, whose failure counts as observed: programs that log what nobody observed would tell of it.</summary>
    public static T Observed<T>(this T task)
        where T : Task
    {
        _ = task.ContinueWith(static t => t.Exception, CancellationToken.None,
            TaskContinuationOptions.OnlyOnFaulted | TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        return task;
    }
}
