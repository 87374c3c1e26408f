namespace Orleans.Kpl.Pipeline.Tests.Simulation;

/// <summary>Runs what blocks, or must truly run beside others, on threads of its own: the pool of this test program has only one.</summary>
internal static class OwnThread
{
    public static Task Run(Action action) =>
        Task.Factory.StartNew(action, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
}
