namespace Orleans.Kpl.Pipeline.Outcomes;

/// <summary>The tries of a record so far, newest first, shared by all that went through the same ones.</summary>
internal sealed class AttemptChain(Attempt attempt, AttemptChain? earlier)
{
    public Attempt Attempt { get; } = attempt;

    public AttemptChain? Earlier { get; } = earlier;

    public int Count { get; } = (earlier?.Count ?? 0) + 1;

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
