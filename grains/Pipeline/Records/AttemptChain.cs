namespace Orleans.Kpl.Pipeline.Records;

/// <summary>The attempts of a record so far, newest first, shared by all records with the same attempts.</summary>
internal sealed class AttemptChain(Attempt attempt, AttemptChain? earlier)
{
    // The chain that the most recent call of Then returned; the other records of the same PutRecords call mostly need the same one.
    private AttemptChain? _next;

    public Attempt Attempt { get; } = attempt;

    public AttemptChain? Earlier { get; } = earlier;

    public int Count { get; } = (earlier?.Count ?? 0) + 1;

    /// <summary>The most recent failure reason that was created for these attempts.</summary>
    public FailureReason? LastReason { get; set; }

    /// <summary>
    /// Returns these attempts with another one appended. Kinesis records that go through the same calls share the chain, because a long outage causes
    /// many attempts.
    /// </summary>
    public AttemptChain Then(in Attempt attempt)
    {
        if (_next is { } next && next.Attempt == attempt)
            return next;
        return _next = new AttemptChain(attempt, this);
    }

    /// <summary>Returns the attempts of the first chain followed by those of the second, oldest first.</summary>
    public static Attempt[] ToArray(AttemptChain? first, AttemptChain? then)
    {
        var attempts = new Attempt[(first?.Count ?? 0) + (then?.Count ?? 0)];
        var place = attempts.Length;
        for (var link = then; link is not null; link = link.Earlier)
            attempts[--place] = link.Attempt;
        for (var link = first; link is not null; link = link.Earlier)
            attempts[--place] = link.Attempt;
        return attempts;
    }

    /// <summary>Returns a chain of the attempts of the first chain followed by those of the second.</summary>
    public static AttemptChain? Join(AttemptChain? first, AttemptChain? then) =>
        then is null ? first : first is null ? then : new AttemptChain(then.Attempt, Join(first, then.Earlier));
}
