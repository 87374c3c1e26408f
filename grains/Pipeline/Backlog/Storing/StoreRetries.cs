using Orleans.Kpl.Pipeline.Timing;

namespace Orleans.Kpl.Pipeline.Backlog.Storing;

/// <summary>How a call is retried that the store did not answer, or refused.</summary>
internal static class StoreRetries
{
    /// <summary>The waits between the tries of one call.</summary>
    public static Backoff NewBackoff() => new(TimeSpan.FromMilliseconds(50), TimeSpan.FromSeconds(1));
}
