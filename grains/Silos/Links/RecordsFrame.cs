namespace Orleans.Kpl.Silos.Links;

/// <summary>Records of one stream on their way from the silo that accepted them to the one that owns their shards.</summary>
/// <remarks>
/// The same frame may arrive more than once; the receiver accepts it once. Terms are runs of records that share them: the number of
/// records, the rest of their time-to-live in ticks, and how they leave: <see cref="WithoutLinger"/>, <see cref="Alone"/>, both, or 0. A silo that
/// does not know the second takes it for the first. Where a caller wants each record to be a Kinesis record of its own, 24 days and a tick are added
/// to the rest: a silo that does not know such records refuses the frame, and never aggregates them.
/// </remarks>
internal sealed class RecordsFrame(SiloId origin, string stream, long first, long settled, byte[] records, long[] terms)
{
    /// <summary>How many numbers each run has in <see cref="Terms"/>.</summary>
    public const int TermLength = 3;

    /// <summary>Set where records leave without linger.</summary>
    public const long WithoutLinger = 1;

    /// <summary>Set where each record is sent alone, because a wrong shard took it before. It does not linger either.</summary>
    public const long Alone = 2;

    /// <summary>The longest term that an owner takes, in ticks: 24 days.</summary>
    public const long LongestTerm = 24 * TimeSpan.TicksPerDay;

    /// <summary>Returns what stands for the rest of a time-to-live in <see cref="Terms"/>.</summary>
    public static long TermOf(long left, bool isAlone) => isAlone ? left + LongestTerm + 1 : left;

    /// <summary>Whether a term is that of records that are Kinesis records of their own.</summary>
    public static bool IsAlone(long term) => term > LongestTerm;

    /// <summary>Returns the rest of the time-to-live that a term stands for.</summary>
    public static long LeftOf(long term) => IsAlone(term) ? term - LongestTerm - 1 : term;

    public SiloId Origin { get; } = origin;

    public string Stream { get; } = stream;

    /// <summary>The number of the first record, counted from 0 for each stream and pair of silos; it identifies the frame.</summary>
    public long First { get; } = first;

    /// <summary>The number below which every record has its outcome at the origin: frames of those records are never sent again.</summary>
    public long Settled { get; } = settled;

    /// <summary><see cref="Packed.PackedRecords"/>, each record with its hash key.</summary>
    public byte[] Records { get; } = records;

    public long[] Terms { get; } = terms;

    /// <summary>
    /// On ordered streams the one shard that all records belong to; null on others, and from a silo of contract version 1.
    /// </summary>
    public string? Shard { get; init; }

    /// <summary>
    /// On ordered streams the number of the owner's tenure of the shard. When a record of a tenure has come back, the tenure is over: no
    /// later frame of it is accepted.
    /// </summary>
    public long Turn { get; init; }
}
