using FsCheck;
using FsCheck.Fluent;

namespace Orleans.Kpl.Pipeline.Tests.Simulation;

/// <summary>Runs what blocks, or must truly run beside others, on threads of its own: the pool of this test program has only one.</summary>
internal static class OwnThread
{
    public static Task Run(Action action) =>
        Task.Factory.StartNew(action, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);

    /// <summary>
    /// Checks so many simulations. Each begins, as it goes on, on the pool's thread while this one waits for its end. One that began on this
    /// thread would run beside the pool until it first waits: <see cref="PipelineHarness.SettleAsync"/> could not tell whether anything is under way,
    /// and the same seed would not give the same run.
    /// </summary>
    public static Task CheckAsync<T>(Arbitrary<T> loads, Func<T, Task> simulation, int count) => Run(() =>
        Prop.ForAll(loads, load => Task.Run(() => simulation(load)).GetAwaiter().GetResult()).Check(Config.QuickThrowOnFailure.WithMaxTest(count)));
}
