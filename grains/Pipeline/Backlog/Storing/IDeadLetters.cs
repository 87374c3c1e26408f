namespace Orleans.Kpl.Pipeline.Backlog.Storing;

/// <summary>Keeps records of one stream that can never be delivered, for an operator.</summary>
internal interface IDeadLetters
{
    /// <summary>Takes letters over; they are durable when this completes. Their numbers are given by who keeps them.</summary>
    /// <exception cref="BacklogStoreException">They are not, or nobody knows: the records stay where they are, to be tried again.</exception>
    Task AddAsync(IReadOnlyList<DeadLetter> letters, CancellationToken cancellationToken);
}
