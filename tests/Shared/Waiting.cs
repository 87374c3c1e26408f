using System.Runtime.CompilerServices;

namespace Orleans.Kpl.Testing;

/// <summary>Waits for what nobody signals.</summary>
internal static class Waiting
{
    /// <summary>Long enough never to pass unless something is stuck, also on a machine that is slow and busy.</summary>
    public static readonly TimeSpan Long = TimeSpan.FromMinutes(3);

    /// <summary>Between two looks: a loop without would take the processor from those it waits for.</summary>
    private static readonly TimeSpan Step = TimeSpan.FromMilliseconds(5);

    public static Task UntilAsync(Func<bool> isSo, [CallerArgumentExpression(nameof(isSo))] string what = "") =>
        UntilAsync(() => Task.FromResult(isSo()), what);

    public static async Task UntilAsync(Func<Task<bool>> isSo, [CallerArgumentExpression(nameof(isSo))] string what = "")
    {
        var start = TimeProvider.System.GetTimestamp();
        while (!await isSo())
        {
            Assert.True(TimeProvider.System.GetElapsedTime(start) < Long, $"{what} did not come about in {Long}");
            await Task.Delay(Step, TestContext.Current.CancellationToken);
        }
    }

    /// <summary>Moves time on, a step at each look, until something is so: whoever was due has his turn before the next step.</summary>
    public static Task PassUntilAsync(
        this FakeTimeProvider time, Func<bool> isSo, TimeSpan step, [CallerArgumentExpression(nameof(isSo))] string what = "") => UntilAsync(
        () =>
        {
            if (isSo())
                return true;
            time.Advance(step);
            return isSo();
        },
        what);
}
