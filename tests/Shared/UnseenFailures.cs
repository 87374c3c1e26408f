using System.Runtime.CompilerServices;

namespace Orleans.Kpl.Testing;

/// <summary>Failures of tasks that nobody observed. Programs may log them, as if something had gone wrong that they must know of.</summary>
internal static class UnseenFailures
{
    /// <summary>Returns the messages of those that something leaves behind; other tests of the process may add theirs.</summary>
    public static async Task<IReadOnlyList<string>> OfAsync(Func<Task> run)
    {
        List<string> unseen = [];
        EventHandler<UnobservedTaskExceptionEventArgs> note = (_, e) =>
        {
            lock (unseen)
                unseen.AddRange(e.Exception.InnerExceptions.Select(static x => x.Message));
        };
        Collect();
        TaskScheduler.UnobservedTaskException += note;
        try
        {
            await RunAsync(run);
            Collect();
        }
        finally
        {
            TaskScheduler.UnobservedTaskException -= note;
        }

        lock (unseen)
            return [.. unseen];
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
