namespace Orleans.Kpl;

/// <summary>Which records a <see cref="DeliveryVerifier"/> judges, by the approximate arrival timestamps of Kinesis.</summary>
/// <param name="From">The first instant of which records count.</param>
/// <param name="To">The first instant of which records count no more. Later ones only tell that a number is not missing.</param>
public sealed record DeliveryWindow(DateTimeOffset From, DateTimeOffset To)
{
    /// <summary>
    /// The longest <c>RecordTtl</c> of the producers: a number that is not there so long after a higher one of its line is missing, and until then under
    /// way. Notes from twice as long before <see cref="From"/>, and from as long after <see cref="To"/>, belong to the answer. Default 30 s; from 0.
    /// </summary>
    public TimeSpan RecordTtl { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>
    /// Whether all records of the stream since its creation are noted: then lines begin at 0, and what is not there before their first number is
    /// missing too. Default false.
    /// </summary>
    public bool IsFromCreation { get; init; }

    private static readonly TimeSpan LongestSlack = TimeSpan.FromSeconds(10);

    /// <summary>The first instant of which records are noted.</summary>
    public DateTimeOffset ReadFrom => Before(2);

    /// <summary>The instant from which on nothing of the window can be under way any more.</summary>
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
    /// The numbers between others of their line that did not come in time, and those up to the last that the producer told. Beyond that nothing is known.
    /// </summary>
    public long Missing { get; init; }

    /// <summary>Such numbers that ended without success, as <see cref="DeliveryVerifier.NoteFailed"/> was told. Not in <see cref="Missing"/>.</summary>
    public long Failed { get; init; }

    /// <summary>Such numbers that may still come. They are not in <see cref="Missing"/>.</summary>
    public long UnderWay { get; init; }

    /// <summary>Such numbers that came after the window. They are neither in <see cref="Missing"/> nor in <see cref="Records"/>.</summary>
    public long CameAfter { get; init; }

    /// <summary>The records whose number came before.</summary>
    public long Duplicates { get; init; }

    /// <summary>
    /// The first copies that came after a higher number of their line in the same shard, or in one that it took over from. A fault on ordered streams only.
    /// </summary>
    public long OutOfOrder { get; init; }

    /// <summary>The numbers that could not be judged, because there were more lines or gaps than memory is given to.</summary>
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

    /// <summary>Of how many lines it is not known what came after their last number: see <see cref="DeliveryVerifier.NoteLast"/>.</summary>
    public int LinesWithoutEnd { get; init; }

    /// <summary>How many of these have numbers after the window: a later window tells what became of them.</summary>
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

    /// <summary>The highest number in the window, or the one up to which the producer told them.</summary>
    public long Last { get; init; }

    /// <summary>Whether it begins above 0: what it had before was put before the window, or is lost.</summary>
    public bool BeginsBefore { get; init; }

    /// <summary>Whether the producer told the last number that it gave in the window. Otherwise what came after <see cref="Last"/> is not known.</summary>
    public bool IsEndKnown { get; init; }

    internal bool GoesOn { get; init; }

    internal bool IsInBacklog { get; init; }
}

/// <summary>Numbers of one line with the same fault, one after the other.</summary>
/// <param name="Fault">What is wrong with them.</param>
/// <param name="Producer">The producer: <see cref="ProducerNumber.Producer"/>.</param>
/// <param name="Line">The line: <see cref="ProducerNumber.Line"/>.</param>
/// <param name="First">The first of them.</param>
/// <param name="Last">The last of them, <paramref name="First"/> where it is one.</param>
public readonly record struct NumberRange(DeliveryFault Fault, ulong Producer, int Line, long First, long Last);

/// <summary>The fault of a number.</summary>
public enum DeliveryFault
{
    /// <summary>It did not come.</summary>
    Missing = 0,

    /// <summary>It did not come, and its producer told that it ended without success.</summary>
    Failed = 1,

    /// <summary>It did not come yet.</summary>
    UnderWay = 2,

    /// <summary>It came again.</summary>
    Duplicate = 3,

    /// <summary>It came after a higher one.</summary>
    OutOfOrder = 4,
}
