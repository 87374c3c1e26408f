namespace Orleans.Kpl.Grains.Membership;

/// <summary>What a silo must know before it starts: asked a few times, then the start fails.</summary>
internal static class StartupRetry
{
    private const int Most = 5;

    private static readonly TimeSpan RetryAfter = TimeSpan.FromSeconds(1);

    /// <summary>Completes when the check does.</summary>
    /// <param name="check">What is tried; only <typeparamref name="TException"/> is worth another try.</param>
    /// <param name="told">What the operator is told after the last try.</param>
    /// <param name="time">The time.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="KplOptionsException">The last try failed too.</exception>
    public static async Task RunAsync<TException>(Func<Task> check, Func<TException, string> told, TimeProvider time, CancellationToken cancellationToken)
        where TException : Exception
    {
        for (var tries = 1; ; tries++)
        {
            try
            {
                await check().ConfigureAwait(false);
                return;
            }
            catch (TException e)
            {
                if (tries == Most)
                    throw new KplOptionsException([told(e)]);
            }

            await Task.Delay(RetryAfter, time, cancellationToken).ConfigureAwait(false);
        }
    }
}
