namespace Orleans.Kpl.Pipeline.Records;

/// <summary>The tries of a record so far, newest first, shared by all that went through the same ones.</summary>
internal sealed class AttemptChain(Attempt attempt, AttemptChain? earlier)
{
    // What the last one that asked went through next; the others of its call mostly ask for the same.
    private AttemptChain? _next;

    public Attempt Attempt { get; } = attempt;

    public AttemptChain? Earlier { get; } = earlier;

    public int Count { get; } = (earlier?.Count ?? 0) + 1;

    /// <summary>Why something failed after these tries, as it was said last.</summary>
    public FailureReason? LastReason { get; set; }

    /// <summary>These tries and another one. Kinesis records that go through the same calls share them: in a long outage tries are many.</summary>
    public AttemptChain Then(in Attempt attempt)
    {
        if (_next is { } next && next.Attempt == attempt)
            return next;
        return _next = new AttemptChain(attempt, this);
    }

    /// <summary>The tries of one chain after those of another, oldest first.</summary>
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

    /// <summary>The tries of one chain continued by those of another.</summary>
    public static AttemptChain? Join(AttemptChain? first, AttemptChain? then) =>
        then is null ? first : first is null ? then : new AttemptChain(then.Attempt, Join(first, then.Earlier));
}
