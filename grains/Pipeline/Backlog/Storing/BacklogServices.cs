namespace Orleans.Kpl.Pipeline.Backlog.Storing;

/// <summary>What a host provides so that its streams have a durable backlog.</summary>
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
