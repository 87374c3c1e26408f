using Orleans.Kpl.Pipeline.Records;

namespace Orleans.Kpl.Silos.Links;

/// <summary>Records of one stream on their way from the silo that accepted them to the one that owns their shards.</summary>
/// <remarks>
/// The same frame may arrive more than once; the receiver accepts it once. Terms are runs of records that share them: the number of
/// records, the rest of their time-to-live in ticks, and how they leave: the sum of <see cref="WithoutLinger"/>, <see cref="Alone"/> and
/// <see cref="Strayed"/>, or 0. A silo that does not know the others takes them for the first. Where a caller wants each record to be a
/// Kinesis record of its own, 24 days and a tick are added to the rest: a silo that does not know such records refuses the frame, and never
/// aggregates them.
/// </remarks>
internal sealed class RecordsFrame(SiloId origin, string stream, long first, long settled, byte[] records, long[] terms)
{
    /// <summary>How many numbers each run has in <see cref="Terms"/>.</summary>
    public const int TermLength = 3;

    /// <summary>Set where records leave without linger.</summary>
    public const long WithoutLinger = 1;

    /// <summary>Set where each record is sent alone, because wrong shards took it twice. It does not linger either.</summary>
    public const long Alone = 2;

    /// <summary>
    /// Set where a wrong shard took each record once: it joins an aggregate, and after one more goes alone. Alone at once, those of an ordered shard
    /// would wait for a round trip each.
    /// </summary>
    public const long Strayed = 4;

    /// <summary>The longest term that an owner takes, in ticks: 24 days.</summary>
    public const long LongestTerm = 24 * TimeSpan.TicksPerDay;

    /// <summary>Returns what stands for the rest of a time-to-live in <see cref="Terms"/>.</summary>
    public static long TermOf(long left, bool isAlone) => isAlone ? left + LongestTerm + 1 : left;

    /// <summary>Whether a term is that of records that are Kinesis records of their own.</summary>
    public static bool IsAlone(long term) => term > LongestTerm;

    /// <summary>Returns what tells the owner how often wrong shards took a record.</summary>
    public static long TellWrongShards(int count) => count >= AttemptChain.WrongShardsUntilAlone ? Alone : count > 0 ? Strayed : 0;

    /// <summary>Returns how often wrong shards took records that leave so.</summary>
    public static int WrongShardsOf(long how) => (how & Alone) != 0 ? AttemptChain.WrongShardsUntilAlone : (how & Strayed) != 0 ? 1 : 0;

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
