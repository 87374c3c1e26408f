using Orleans.Kpl.Pipeline.Road.Promising;
using Orleans.Kpl.Pipeline.Tracing;

namespace Orleans.Kpl.Silos.Links;

/// <summary>Records of one stream on their way from the silo that accepted them to the one that owns their shards.</summary>
/// <remarks>
/// The same frame may arrive more than once; the receiver accepts it once. Terms are runs of records that share them: the number of
/// records, the rest of their time-to-live in ticks, and how they leave: the sum of <see cref="WithoutLinger"/>, <see cref="Alone"/>,
/// <see cref="Strayed"/> and <see cref="OfItsOwn"/>, or 0.
/// </remarks>
/// <param name="First">
/// The number of the first record, which identifies the frame among those of the stream from the origin to one silo. Numbers rise, with gaps: a stream
/// that is opened again goes on above all former ones.
/// </param>
/// <param name="EndedBefore">The number below which every record has its outcome at the origin: frames of those records are never sent again.</param>
/// <param name="Records"><see cref="Packed.PackedRecords"/>, each record with its hash key.</param>
internal sealed record RecordsFrame(SiloId Origin, string Stream, long First, long EndedBefore, byte[] Records, long[] Terms)
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

    /// <summary>Set where the caller wants each record to be a Kinesis record of its own. It may linger.</summary>
    public const long OfItsOwn = 8;

    /// <summary>The longest term that an owner takes, in ticks: 24 days.</summary>
    public const long LongestTerm = 24 * TimeSpan.TicksPerDay;

    /// <summary>Returns what tells the owner how often wrong shards took a record.</summary>
    public static long TellWrongShards(int count) => count >= AttemptChain.WrongShardsUntilAlone ? Alone : count > 0 ? Strayed : 0;

    /// <summary>Returns how often wrong shards took records that leave so.</summary>
    public static int WrongShardsOf(long how) => (how & Alone) != 0 ? AttemptChain.WrongShardsUntilAlone : (how & Strayed) != 0 ? 1 : 0;

    /// <summary>On ordered streams the one shard that all records belong to; null on others.</summary>
    public string? Shard { get; init; }

    /// <summary>
    /// On ordered streams the number of the owner's tenure of the shard. When a record of a tenure has come back, the tenure is over: no
    /// later frame of it is accepted.
    /// </summary>
    public long Tenure { get; init; }

    /// <summary>The traces of the records, as <see cref="TraceRuns"/> writes them; null where none is traced. They travel beside the frame.</summary>
    public byte[]? Traces { get; set; }
}

/// <summary>Outcomes of records on their way back to the silo that accepted them. The frame may arrive more than once.</summary>
/// <param name="Outcomes"><see cref="Packed.PackedOutcomes"/>, by the numbers of the records.</param>
internal sealed record OutcomesFrame(SiloId Owner, string Stream, byte[] Outcomes)
{
    /// <summary>The code of a record that has no outcome: it comes back, to be routed again by the silo that accepted it.</summary>
    public const string GivenBack = "GivenBack";
}
