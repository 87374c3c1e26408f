namespace Orleans.Kpl;

/// <summary>
/// The last producer numbers that were given to a stream's records. They tell a consumer whether records are missing after the last one that it read.
/// </summary>
public sealed record LastNumbers
{
    /// <summary>
    /// The lines of numbers, those given latest first: at most 10,000 of each process that runs, and 1,000 of those that ended in good order. A process
    /// that was killed reports none. Streams that are ordered without <see cref="StreamOptions.ProducerNumbers"/> have lines only where the producer is
    /// embedded and has no backlog: elsewhere records get new numbers on their way.
    /// </summary>
    public IReadOnlyList<LastNumber> Lines { get; init; } = [];

    /// <summary>
    /// The producer numbers of records that ended without success in embedded producers that have ended: at most 1,000. Those of producers that run are
    /// in <see cref="IStreamAdmin.GetFailuresAsync"/>.
    /// </summary>
    public IReadOnlyList<string> Failed { get; init; } = [];

    /// <summary>How many such records there were beyond those of <see cref="Failed"/>.</summary>
    public long FailedBeyond { get; init; }

    /// <summary>The silos that did not answer.</summary>
    public IReadOnlyList<string> NotCovered { get; init; } = [];
}

/// <summary>The last number that a producer gave in one line.</summary>
public sealed record LastNumber
{
    /// <summary>The text of the number: see <see cref="FailedRecord.ProducerNumber"/>.</summary>
    public required string ProducerNumber { get; init; }

    /// <summary>When the line began, or an earlier instant.</summary>
    public DateTimeOffset BegunAt { get; init; }

    /// <summary>When the number was given, or a later instant.</summary>
    public DateTimeOffset GivenAt { get; init; }

    /// <summary>Whether the producer's backlog, or one that may have its records, holds records of the stream: they may have numbers of the line.</summary>
    public bool IsInBacklog { get; init; }
}
