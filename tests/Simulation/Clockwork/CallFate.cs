namespace Orleans.Kpl.Simulation.Clockwork;

/// <summary>What becomes of one call.</summary>
/// <param name="Request">After what time it arrives; null for never.</param>
/// <param name="Answer">After what further time its answer arrives; null for never.</param>
/// <param name="GivesUp">After what time the caller gets <paramref name="Error"/>, if it has no answer by then; null for never.</param>
/// <param name="Error">What the caller then gets.</param>
internal readonly record struct CallFate(TimeSpan? Request, TimeSpan? Answer, TimeSpan? GivesUp = null, Func<Exception>? Error = null)
{
    /// <summary>Done, and answered, before the call returns.</summary>
    public static CallFate AtOnce => new(TimeSpan.Zero, TimeSpan.Zero);

    /// <summary>Such a call for a caller that waits so long and no longer.</summary>
    /// <param name="timeout">How long it waits for an answer or an error.</param>
    /// <param name="timedOut">What it gets then.</param>
    public CallFate Within(TimeSpan timeout, Func<Exception> timedOut) => GivesUp > timeout ? this with { GivesUp = timeout, Error = timedOut } : this;
}
