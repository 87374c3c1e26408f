namespace Orleans.Kpl.Pipeline.Road.Promising;

/// <summary>
/// The attempts of a record so far, newest first, shared by all records with the same attempts. A long chain keeps its first and its latest attempts.
/// One link between them stands for the others, so that an outage of days grows neither memory nor what outcomes tell.
/// </summary>
internal sealed class AttemptChain
{
    /// <summary>The most links of a chain; one more makes it short again.</summary>
    public const int MostLinks = 64;

    /// <summary>How many of the first attempts are always kept.</summary>
    public const int FirstKept = 8;

    /// <summary>How many of the latest attempts are kept when a chain is made short again.</summary>
    public const int LatestKept = 24;

    /// <summary>After so many answers from a wrong shard a record travels alone, because a lone record is never in a wrong one.</summary>
    public const int WrongShardsUntilAlone = 2;

    private readonly int _links;
    private readonly int _wrongShards;

    // The chain that the most recent call of Then returned; the other records of the same PutRecords call mostly need the same one.
    private AttemptChain? _next;

    // These attempts as a list. The Kinesis records of one call end together and mostly need the same one.
    private Attempt[]? _list;

    // What the most recent call of Join returned; members that came together mostly need the same one.
    private Joint? _joint;

    public AttemptChain(Attempt attempt, AttemptChain? earlier)
        : this(attempt, earlier, attempt.ErrorCode == RecordErrorCodes.WrongShard ? 1 : 0)
    {
    }

    private AttemptChain(in Attempt attempt, AttemptChain? earlier, int wrongShards)
    {
        if (earlier is { _links: MostLinks })
            earlier = earlier.Shorten();
        Attempt = attempt;
        Earlier = earlier;
        _links = (earlier?._links ?? 0) + 1;
        Count = (earlier?.Count ?? 0) + attempt.Count;
        _wrongShards = (earlier?._wrongShards ?? 0) + wrongShards;
    }

    public Attempt Attempt { get; }

    public AttemptChain? Earlier { get; }

    /// <summary>The number of attempts, with those that are not kept.</summary>
    public int Count { get; }

    /// <summary>How often a wrong shard took the record.</summary>
    public int WrongShards => _wrongShards;

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

    /// <summary>
    /// Returns the attempts of the first chain followed by those of the second, oldest first. Outcomes share the list: it must not be changed.
    /// </summary>
    public static Attempt[] ToArray(AttemptChain? first, AttemptChain? then) =>
        first is null && then is not null ? then._list ??= ListOf(null, then) : ListOf(first, then);

    private static Attempt[] ListOf(AttemptChain? first, AttemptChain? then)
    {
        var attempts = new Attempt[(first?._links ?? 0) + (then?._links ?? 0)];
        var place = attempts.Length;
        for (var link = then; link is not null; link = link.Earlier)
            attempts[--place] = link.Attempt;
        for (var link = first; link is not null; link = link.Earlier)
            attempts[--place] = link.Attempt;
        return attempts;
    }

    /// <summary>Returns a chain of the attempts of the first chain followed by those of the second.</summary>
    public static AttemptChain? Join(AttemptChain? first, AttemptChain? then)
    {
        if (first is null || then is null)
            return first ?? then;
        if (then._joint is { } joint && ReferenceEquals(joint.First, first))
            return joint.Whole;
        var whole = first;
        foreach (var link in then.OldestFirst())
            whole = new AttemptChain(link.Attempt, whole, link.OwnWrongShards);
        then._joint = new Joint(first, whole);
        return whole;
    }

    private int OwnWrongShards => _wrongShards - (Earlier?._wrongShards ?? 0);

    /// <summary>Returns a chain of the same attempts with fewer links.</summary>
    private AttemptChain Shorten()
    {
        var links = OldestFirst();
        var leftOut = links.AsSpan(FirstKept..^LatestKept);
        var (count, wrongShards) = (0, 0);
        foreach (var link in leftOut)
            (count, wrongShards) = (count + link.Attempt.Count, wrongShards + link.OwnWrongShards);
        var gap = Attempt.LeftOut(count, leftOut[0].Attempt.StartedAt, leftOut[^1].Attempt.EndedAt);
        var shorter = new AttemptChain(gap, links[FirstKept - 1], wrongShards);
        foreach (var link in links.AsSpan(^LatestKept..))
            shorter = new AttemptChain(link.Attempt, shorter, link.OwnWrongShards);
        return shorter;
    }

    private AttemptChain[] OldestFirst()
    {
        var links = new AttemptChain[_links];
        var place = _links;
        for (var link = this; link is not null; link = link.Earlier)
            links[--place] = link;
        return links;
    }

    private sealed record Joint(AttemptChain First, AttemptChain Whole);
}

/// <summary>
/// Why records failed, with their attempts. Members of a Kinesis record mostly share one instance: when a full buffer expires at once, its failures
/// must not take several times its own memory.
/// </summary>
internal sealed class FailureReason
{
    private readonly AttemptChain? _tries;

    private FailureReason(AttemptChain? tries, Attempt[] attempts, RecordStatus status, string code, string? message)
    {
        _tries = tries;
        Attempts = attempts;
        Status = status;
        Code = code;
        Message = message;
    }

    /// <summary>Failed, or Unknown where Kinesis may have the record all the same.</summary>
    public RecordStatus Status { get; }

    public Attempt[] Attempts { get; }

    /// <summary>The number of attempts, with those that <see cref="Attempts"/> leaves out.</summary>
    public int AttemptCount => Attempts.Sum(static a => a.Count);

    public string Code { get; }

    public string? Message { get; }

    /// <summary>
    /// Returns the reason for one member. Where it is the same, the previous member's reason is reused, or the most recent one for the same attempts.
    /// </summary>
    public static FailureReason For(AttemptChain? tries, string code, string? message, FailureReason? former, RecordStatus status = RecordStatus.Failed)
    {
        former = tries?.LastReason ?? former;
        return former is not null && ReferenceEquals(former._tries, tries) && (former.Status, former.Code, former.Message) == (status, code, message)
            ? former
            : new FailureReason(tries, AttemptChain.ToArray(null, tries), status, code, message).Remembered();
    }

    /// <summary>Returns a failure with these attempts and another code.</summary>
    public FailureReason As(string code, string message) => new(_tries, Attempts, Status, code, message);

    /// <summary>
    /// Returns the reason of a record whose time-to-live has ended. The expiry itself counts as an attempt, as in KPL; so the message has no number of its
    /// own that would differ from that of the attempts. A record without attempts waited for the stream's calls: the trouble is why these fail, if they do.
    /// </summary>
    public static FailureReason Expired(AttemptChain? tries, DateTimeOffset at, FailureReason? former, string? trouble = null)
    {
        former = tries?.LastReason ?? former;
        if (former is { Code: RecordErrorCodes.Expired } && ReferenceEquals(former._tries, tries) && former.Attempts[^1].EndedAt == at)
            return former;
        var message = tries is null
            ? $"the time-to-live ended before the first attempt{(trouble is null ? "" : $"; the stream's last call: {trouble}")}"
            : $"the time-to-live ended; the last attempt: {tries.Attempt.ErrorCode}: {tries.Attempt.ErrorMessage}";
        var end = new AttemptChain(new Attempt { StartedAt = at, EndedAt = at, ErrorCode = RecordErrorCodes.Expired, ErrorMessage = message }, tries);
        return new FailureReason(tries, AttemptChain.ToArray(null, end), RecordStatus.Failed, RecordErrorCodes.Expired, message).Remembered();
    }

    private FailureReason Remembered()
    {
        if (_tries is not null)
            _tries.LastReason = this;
        return this;
    }
}
