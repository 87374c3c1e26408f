using System.Runtime.CompilerServices;

namespace Orleans.Kpl.Testing;

/// <summary>Failures of tasks that nobody observed: programs may log them, from <see cref="TaskScheduler.UnobservedTaskException"/>.</summary>
internal static class UnobservedFailures
{
    /// <summary>Runs something, and returns the messages of the failures that it leaves unobserved. Other tests of the process may add theirs.</summary>
    public static async Task<IReadOnlyList<string>> OfAsync(Func<Task> run)
    {
        List<string> messages = [];
        EventHandler<UnobservedTaskExceptionEventArgs> note = (_, e) =>
        {
            lock (messages)
                messages.AddRange(e.Exception.InnerExceptions.Select(static x => x.Message));
        };
        Collect();
        TaskScheduler.UnobservedTaskException += note;
        try
        {
            await RunAsync(run);
            // What has just ended may still be on this thread's stack, and with it what it held.
            await Task.Yield();
            Collect();
        }
        finally
        {
            TaskScheduler.UnobservedTaskException -= note;
        }

        lock (messages)
            return [.. messages];
    }

    /// <summary>Keeps nothing alive of what was run.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static async Task RunAsync(Func<Task> run) => await run();

    private static void Collect()
    {
        for (var i = 0; i < 3; i++)
        {
            GC.Collect();
            GC.WaitForPendingFinalizers();
        }
    }
}
