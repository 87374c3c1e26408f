namespace Orleans.Kpl.Lanes.Sessions;

/// <summary>Waits for the answers of silos.</summary>
internal static class LaneAnswers
{
    /// <summary>
    /// Returns the answer of a call, unless a gateway is lost meanwhile: it may have been this call's, whose answer would never come.
    /// </summary>
    public static async Task<T> AnswerOrLossAsync<T>(this ILanes lanes, Task<T> call)
    {
        if (await Task.WhenAny(call, lanes.GatewayLost).ConfigureAwait(false) == call)
            return await call.ConfigureAwait(false);
        Observe(call);
        throw new TimeoutException("a gateway was lost while its answer was awaited");
    }

    /// <summary>Sees to the failure of a call whose answer nobody awaits.</summary>
    public static void Observe(Task task) =>
        task.ContinueWith(static t => _ = t.Exception, CancellationToken.None,
            TaskContinuationOptions.OnlyOnFaulted | TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
}
