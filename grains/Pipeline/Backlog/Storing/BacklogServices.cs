namespace Orleans.Kpl.Pipeline.Backlog.Storing;

/// <summary>What a host gives, so that its streams have a durable backlog.</summary>
internal sealed class BacklogServices
{
    /// <summary>Where segments are kept. Whoever made it disposes it, after the producer.</summary>
    public required IBacklogStore Store { get; init; }

    /// <summary>How long an open segment waits for company while no write is under way.</summary>
    public TimeSpan CommitDelay { get; init; } = TimeSpan.FromMilliseconds(5);

    /// <summary>What a million write units cost.</summary>
    public double WriteUnitPrice { get; init; } = 0.625;

    /// <summary>Where a stream's records go that can never be delivered; null: into a log of the same store.</summary>
    public Func<string, IDeadLetters>? DeadLetters { get; init; }
}
