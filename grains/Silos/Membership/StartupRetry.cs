using Orleans.Kpl.Pipeline.Timing;

namespace Orleans.Kpl.Silos.Membership;

/// <summary>Runs a check that a silo needs before it starts: after a few failed tries, the start fails.</summary>
internal static class StartupRetry
{
    private const int Most = 5;

    private static readonly TimeSpan RetryAfter = TimeSpan.FromSeconds(1);

    /// <summary>Completes when the check succeeds.</summary>
    /// <param name="check">The check; only <typeparamref name="TException"/> is worth another try.</param>
    /// <param name="told">What to tell the operator after the last try: thrown as it is, and no wrong setting, because the next start may succeed.</param>
    public static async Task RunAsync<TException>(Func<Task> check, Func<TException, TException> told, TimeProvider time, CancellationToken cancellationToken)
        where TException : Exception
    {
        try
        {
            await new Backoff(RetryAfter, RetryAfter).RetryAsync(check, static (e, tries) => e is TException && tries < Most, time, cancellationToken)
                .ConfigureAwait(false);
        }
        catch (TException e)
        {
            throw told(e);
        }
    }
}
