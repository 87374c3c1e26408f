namespace Orleans.Kpl;

/// <summary>Which records a <see cref="DeliveryVerifier"/> judges, by the approximate arrival timestamps of Kinesis.</summary>
/// <param name="From">The start of the window: records that arrived then or later count.</param>
/// <param name="To">The end of the window: records that arrived then or later do not count. They only show that a number is not missing.</param>
public sealed record DeliveryWindow(DateTimeOffset From, DateTimeOffset To)
{
    /// <summary>
    /// The longest <c>RecordTtl</c> of the producers. A number that has not come that long after a higher one of its line is missing; until then it is
    /// under way. Note the records from twice that long before <see cref="From"/> until that long after <see cref="To"/>. Default 30 s; at least 0.
    /// </summary>
    public TimeSpan RecordTtl { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>
    /// Whether all records of the stream since its creation are noted: then lines begin at 0, and what is not there before their first number is
    /// missing too. Default false.
    /// </summary>
    public bool IsFromCreation { get; init; }

    private static readonly TimeSpan LongestSlack = TimeSpan.FromSeconds(10);

    /// <summary>The earliest arrival of records to note.</summary>
    public DateTimeOffset ReadFrom => Before(2);

    /// <summary>The latest arrival of records to note: after it nothing of the window can be under way.</summary>
    public DateTimeOffset ReadTo => DateTimeOffset.MaxValue - To > RecordTtl ? To + RecordTtl : DateTimeOffset.MaxValue;

    /// <summary>By how much a producer's clock may differ, and how long a call may take that began within a time-to-live.</summary>
    internal TimeSpan Slack => RecordTtl < LongestSlack ? RecordTtl : LongestSlack;

    /// <summary>Whether an instant of a producer's clock is not before the window.</summary>
    internal bool BeginsBy(DateTimeOffset instant) => instant - From >= -Slack;

    /// <summary>Whether an instant of a producer's clock is so early that what was given then has arrived in the window.</summary>
    internal bool EndsAfter(DateTimeOffset instant) => To - instant >= Slack;

    /// <summary>So many times-to-live before the window.</summary>
    internal DateTimeOffset Before(int times) => From - DateTimeOffset.MinValue > times * RecordTtl ? From - (times * RecordTtl) : DateTimeOffset.MinValue;
}

/// <summary>Counts of records by their fate.</summary>
public abstract record DeliveryCounts
{
    /// <summary>The user records of the window, with copies; in a report, also those that have no number.</summary>
    public long Records { get; init; }

    /// <summary>
    /// The numbers that did not come in time: those between others of their line, and those up to the last one that the producer reported. Beyond that
    /// nothing is known.
    /// </summary>
    public long Missing { get; init; }

    /// <summary>
    /// The numbers that did not come because their records ended without success (<see cref="DeliveryVerifier.NoteFailed"/>). Not in <see cref="Missing"/>.
    /// </summary>
    public long Failed { get; init; }

    /// <summary>The numbers that did not come and still may. They are not in <see cref="Missing"/>.</summary>
    public long UnderWay { get; init; }

    /// <summary>The numbers that came only after the window. They are neither in <see cref="Missing"/> nor in <see cref="Records"/>.</summary>
    public long CameAfter { get; init; }

    /// <summary>The records whose number had come before.</summary>
    public long Duplicates { get; init; }

    /// <summary>
    /// The first copies that came after a higher number of their line in the same shard, or in one that it took over from. A fault on ordered streams only.
    /// </summary>
    public long OutOfOrder { get; init; }

    /// <summary>The numbers that could not be judged, because there were more lines or gaps than are kept in memory.</summary>
    public long Unchecked { get; init; }
}

/// <summary>The findings of a <see cref="DeliveryVerifier"/>.</summary>
public sealed record DeliveryReport : DeliveryCounts
{
    /// <summary>The records without a producer number: of other writers, or put without <c>ProducerNumbers</c>. It is only known that they came.</summary>
    public long NotOurs { get; init; }

    /// <summary>How many producers have numbers in the window.</summary>
    public int Producers { get; init; }

    /// <summary>How many lines of numbers there are.</summary>
    public int LineCount { get; init; }

    /// <summary>How many lines begin above 0: what they had before was put before the window, or is lost.</summary>
    public int LinesBegunBefore { get; init; }

    /// <summary>How many lines have no known end: there may have been numbers after their last one. See <see cref="DeliveryVerifier.NoteLast"/>.</summary>
    public int LinesWithoutEnd { get; init; }

    /// <summary>How many lines of <see cref="LinesWithoutEnd"/> have numbers after the window: a later window judges them.</summary>
    public int LinesGoingOn { get; init; }

    /// <summary>How many lines have numbers under way that a backlog may hold, however old they are: see <see cref="DeliveryVerifier.NoteLast"/>.</summary>
    public int LinesInBacklog { get; init; }

    /// <summary>The lines with most faults first; not all where there are many.</summary>
    public IReadOnlyList<DeliveryLine> Lines { get; init; } = [];

    /// <summary>The faults, as ranges of numbers: missing ones first; not all where there are many.</summary>
    public IReadOnlyList<NumberRange> Faults { get; init; } = [];

    /// <summary>Whether numbers were seen, each was judged, none is missing, failed or under way, and the end of each line is known.</summary>
    public bool IsProof => LineCount > 0 && Missing == 0 && Failed == 0 && UnderWay == 0 && Unchecked == 0 && LinesWithoutEnd == 0;
}

/// <summary>The fate of the records of one line of numbers.</summary>
public sealed record DeliveryLine : DeliveryCounts
{
    /// <summary>The producer: <see cref="ProducerNumber.Producer"/>.</summary>
    public ulong Producer { get; init; }

    /// <summary>The line: <see cref="ProducerNumber.Line"/>.</summary>
    public int Line { get; init; }

    /// <summary>The lowest number in the window; the first that is missing where none came.</summary>
    public long First { get; init; }

    /// <summary>The highest number in the window, or the last one that the producer reported.</summary>
    public long Last { get; init; }

    /// <summary>Whether it begins above 0: what it had before was put before the window, or is lost.</summary>
    public bool BeginsBefore { get; init; }

    /// <summary>Whether the producer reported the last number that it gave in the window. Otherwise what came after <see cref="Last"/> is not known.</summary>
    public bool IsEndKnown { get; init; }

    internal bool GoesOn { get; init; }

    internal bool IsInBacklog { get; init; }
}

/// <summary>Numbers of one line with the same fault, one after the other.</summary>
/// <param name="Fault">What is wrong with them.</param>
/// <param name="Producer">The producer: <see cref="ProducerNumber.Producer"/>.</param>
/// <param name="Line">The line: <see cref="ProducerNumber.Line"/>.</param>
/// <param name="First">The first of them.</param>
/// <param name="Last">The last of them; <paramref name="First"/> if there is only one.</param>
public readonly record struct NumberRange(DeliveryFault Fault, ulong Producer, int Line, long First, long Last);

/// <summary>The fault of a number.</summary>
public enum DeliveryFault
{
    /// <summary>It did not come.</summary>
    Missing = 0,

    /// <summary>It did not come, and its producer reported that its record ended without success.</summary>
    Failed = 1,

    /// <summary>It did not come yet.</summary>
    UnderWay = 2,

    /// <summary>It came again.</summary>
    Duplicate = 3,

    /// <summary>It came after a higher one.</summary>
    OutOfOrder = 4,
}
