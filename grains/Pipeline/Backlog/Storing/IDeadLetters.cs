namespace Orleans.Kpl.Pipeline.Backlog.Storing;

/// <summary>Keeps records of one stream that can never be delivered, for an operator.</summary>
internal interface IDeadLetters
{
    /// <summary>Adds dead letters; they are durable when the task completes. The implementation assigns their numbers.</summary>
    /// <exception cref="BacklogStoreException">The dead letters are not durable, or it is not known whether they are: the records stay in the backlog and
    /// are tried again.</exception>
    Task AddAsync(IReadOnlyList<DeadLetter> letters, CancellationToken cancellationToken);
}
