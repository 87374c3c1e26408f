namespace Orleans.Kpl.Run.Model;

/// <summary>How often a record that failed is tried again, and how long is waited between.</summary>
/// <param name="MaxRetries">The attempts after the first one. Default 3.</param>
/// <param name="InitialWait">The first wait. Default 1 s.</param>
/// <param name="MaxWait">The longest wait. Default 30 s.</param>
/// <param name="Backoff">How the wait grows. Default <see cref="BackoffKind.Exponential"/>.</param>
internal sealed record RetrySettings(int MaxRetries, TimeSpan InitialWait, TimeSpan MaxWait, BackoffKind Backoff)
{
    /// <summary>What all waits together take at most.</summary>
    public TimeSpan AllWaits
    {
        get
        {
            var all = TimeSpan.Zero;
            var next = InitialWait;
            for (var i = 0; i < MaxRetries && all < TimeSpan.FromDays(24); i++)
            {
                all += next < MaxWait ? next : MaxWait;
                next = Backoff switch { BackoffKind.Constant => next, BackoffKind.Linear => next + InitialWait, _ => next < MaxWait ? next * 2 : next };
            }

            return all;
        }
    }
}
