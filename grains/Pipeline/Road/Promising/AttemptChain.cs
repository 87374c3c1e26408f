namespace Orleans.Kpl.Pipeline.Road.Promising;

/// <summary>
/// The attempts of a record so far, shared by all records with the same attempts. A long chain keeps its first and its latest attempts. One attempt between
/// them stands for the others, so that neither memory nor outcomes grow during an outage of days.
/// </summary>
/// <param name="attempts">The attempts; more than a chain keeps make it short. Null for none.</param>
/// <param name="wrongShards">How often a wrong shard took the record.</param>
internal sealed class AttemptChain(Attempt[]? attempts = null, int wrongShards = 0)
{
    /// <summary>After so many answers from a wrong shard a record travels alone, because a lone record is never in a wrong one.</summary>
    public const int WrongShardsUntilAlone = 2;

    // The most attempts that a chain keeps. One more makes it short again: so many of the first and of the latest ones stay.
    private const int MostKept = 64;
    private const int FirstKept = 8;
    private const int LatestKept = 24;

    private readonly Attempt[] _kept = attempts is { Length: > MostKept } ? Shorten(attempts) : attempts ?? [];

    // The chain that the most recent call of Then returned; the other records of the same PutRecords call mostly need the same one.
    private AttemptChain? _next;

    // What the most recent call of Join returned, and for which first chain; members that came together mostly need the same one.
    private Tuple<AttemptChain, AttemptChain>? _joint;

    /// <summary>The latest attempt.</summary>
    public Attempt Attempt => _kept[^1];

    /// <summary>Their number, with those that were left out.</summary>
    public int Count => _kept.Sum(static a => a.Count);

    /// <summary>How many of them <see cref="StreamOptions.MaxAttempts"/> counts.</summary>
    public int Counted => _kept.Sum(static a => a.Counted);

    public int WrongShards => wrongShards;

    /// <summary>The most recent failure reason that was created for these attempts.</summary>
    public FailureReason? LastReason { get; set; }

    /// <summary>
    /// Returns these attempts with another one appended. Kinesis records that go through the same calls share the chain, because a long outage causes
    /// many attempts.
    /// </summary>
    public AttemptChain Then(in Attempt attempt) => _next is { } next && next.Attempt == attempt ? next
        : _next = new([.. _kept, attempt], WrongShards + (attempt.ErrorCode == RecordErrorCodes.WrongShard ? 1 : 0));

    /// <summary>Returns the attempts, oldest first. Outcomes share the array: it must not be changed.</summary>
    public static Attempt[] ToArray(AttemptChain? chain) => chain?._kept ?? [];

    /// <summary>Returns a chain of the attempts of the first chain followed by those of the second.</summary>
    public static AttemptChain? Join(AttemptChain? first, AttemptChain? then)
    {
        if (first is null || then is null)
            return first ?? then;
        if (then._joint is not { } joint || joint.Item1 != first)
            then._joint = joint = new(first, new([.. first._kept, .. then._kept], first.WrongShards + then.WrongShards));
        return joint.Item2;
    }

    private static Attempt[] Shorten(Attempt[] attempts) =>
        [.. attempts[..FirstKept], Attempt.LeftOut(attempts.AsSpan(FirstKept..^LatestKept)), .. attempts[^LatestKept..]];
}

/// <summary>
/// Why records failed, with their attempts. Members of a Kinesis record mostly share one instance: when a full buffer expires at once, its failures
/// must not take several times its own memory.
/// </summary>
/// <param name="Tries">The attempts before the failure; null for none.</param>
/// <param name="Status">Failed, or Unknown where Kinesis may have the record all the same.</param>
internal sealed record FailureReason(AttemptChain? Tries, Attempt[] Attempts, RecordStatus Status, string Code, string? Message)
{
    /// <summary>
    /// Returns the reason for one member. Where it is the same, the previous member's reason is reused, or the most recent one for the same attempts.
    /// </summary>
    public static FailureReason For(AttemptChain? tries, string code, string? message, FailureReason? former, RecordStatus status = RecordStatus.Failed)
    {
        former = tries?.LastReason ?? former;
        return former is not null && ReferenceEquals(former.Tries, tries) && (former.Status, former.Code, former.Message) == (status, code, message)
            ? former
            : new FailureReason(tries, AttemptChain.ToArray(tries), status, code, message).Remembered();
    }

    /// <summary>Has the reason found again for other records with the same attempts.</summary>
    public FailureReason Remembered()
    {
        Tries?.LastReason = this;
        return this;
    }
}
