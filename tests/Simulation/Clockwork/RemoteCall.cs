namespace Orleans.Kpl.Simulation.Clockwork;

/// <summary>
/// A call of one process to something outside it. The request arrives some time later or never, is carried out there, and the answer comes back
/// some time later or never; the caller may give up before. Whoever waits goes on at once, inside the answer, or when the pool comes to it.
/// </summary>
internal static class RemoteCall
{
    /// <summary>Makes a call.</summary>
    /// <param name="world">Where it is made.</param>
    /// <param name="process">Who makes it.</param>
    /// <param name="carryOut">What is done there. What it throws is the answer.</param>
    /// <param name="fate">What becomes of it.</param>
    /// <param name="cancellationToken">Ends the wait, but not the call.</param>
    /// <param name="told">Is told whether the caller got the answer.</param>
    public static Task<T> RunAsync<T>(World world, SimulatedProcess process, Func<T> carryOut, CallFate fate, CancellationToken cancellationToken = default,
        Action<T>? told = null)
    {
        var answer = new PendingAnswer<T>(world);
        // What a dead process still does in this instant, nobody sees.
        if (process.IsDead)
            return answer.Task;
        if (fate is { Request: { Ticks: 0 }, Answer: { Ticks: 0 }, GivesUp: null })
        {
            Arrive();
            return answer.Task;
        }

        if (fate.Request is { } request)
            world.After(request, Arrive);
        if (fate is { GivesUp: { } wait, Error: { } error })
            answer.GivesUpAfter(wait, error, process);
        answer.GivesUpWith(cancellationToken);
        return answer.Task;

        void Arrive()
        {
            Action complete;
            try
            {
                var result = carryOut();
                complete = () =>
                {
                    if (!answer.IsOver)
                        told?.Invoke(result);
                    answer.Answer(result);
                };
            }
            catch (Exception e)
            {
                complete = () => answer.Fail(e);
            }

            if (fate.Answer is { Ticks: 0 } && fate.Request is { Ticks: 0 })
                complete();
            else if (fate.Answer is { } back)
                world.After(back, complete, process);
        }
    }
}
