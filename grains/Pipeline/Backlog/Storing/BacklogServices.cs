using Orleans.Kpl.Pipeline.Timing;

namespace Orleans.Kpl.Pipeline.Backlog.Storing;

/// <summary>The services of a host by which its streams have a durable backlog.</summary>
internal sealed class BacklogServices
{
    /// <summary>Gets the store of segments. Its creator disposes it, after the producer.</summary>
    public required IBacklogStore Store { get; init; }

    /// <summary>Gets how long an open segment waits for more records while no write is under way.</summary>
    public TimeSpan CommitDelay { get; init; } = TimeSpan.FromMilliseconds(5);

    /// <summary>Gets the price of a million write units.</summary>
    public double WriteUnitPrice { get; init; } = 0.625;

    /// <summary>Gets the dead letter store of a stream by its name; null for a log of the same store.</summary>
    public Func<string, IDeadLetters>? DeadLetters { get; init; }
}

/// <summary>Keeps records of one stream that can never be delivered, for an operator.</summary>
internal interface IDeadLetters
{
    /// <summary>Adds dead letters; they are durable when the task completes. The implementation assigns their numbers.</summary>
    /// <exception cref="BacklogStoreException">The dead letters are not durable, or it is not known whether they are: the records stay in the backlog and
    /// are tried again.</exception>
    Task AddAsync(IReadOnlyList<DeadLetter> letters, CancellationToken cancellationToken);
}

/// <summary>How a call is retried that the store did not answer, or refused.</summary>
internal static class StoreRetries
{
    /// <summary>The waits between the tries of one call.</summary>
    public static Backoff NewBackoff() => new(TimeSpan.FromMilliseconds(50), TimeSpan.FromSeconds(1));
}
