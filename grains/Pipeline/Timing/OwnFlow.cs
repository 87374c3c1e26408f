namespace Orleans.Kpl.Pipeline.Timing;

/// <summary>
/// Begins work that is the producer's, and not that of the call that happens to begin it. Such work goes on for others: in the execution context of its
/// first caller it would keep that caller's span, logging scopes and Orleans' request context for all of them, and tell others of them.
/// </summary>
internal static class OwnFlow
{
    private static readonly ExecutionContext Empty = NewEmpty();

    /// <summary>Runs the work at once, on this thread. Neither it nor what it begins knows what the caller keeps in an <see cref="AsyncLocal{T}"/>.</summary>
    public static T Run<T>(Func<T> work)
    {
        T? result = default;
        ExecutionContext.Run(Empty, _ => result = work(), null);
        return result!;
    }

    /// <summary>Starts the work on a thread of the pool.</summary>
    public static Task Start(Func<Task> work) => Run(() => Task.Run(work));

    /// <summary>A thread that is begun so has an execution context without anything in it; .NET has no other way to one.</summary>
    private static ExecutionContext NewEmpty()
    {
        ExecutionContext? empty = null;
        var thread = new Thread(() => empty = ExecutionContext.Capture());
        thread.UnsafeStart();
        thread.Join();
        return empty!;
    }
}
