namespace Orleans.Kpl.Benchmarks.Loads;

/// <summary>One run of a load.</summary>
/// <param name="Kind">
/// batch, batch-cbor, batch-numbers (with producer numbers), batch-platform (no lanes for the hash), batch-alone (each record a Kinesis record), single
/// or plain.
/// </param>
/// <param name="Size">Bytes of payload per record.</param>
/// <param name="Shards">Shards of the stream.</param>
/// <param name="Records">User records, a multiple of the batch.</param>
/// <param name="MaxMembers">User records in an aggregate at most; 0 for as many as there may be.</param>
internal sealed record LoadSpec(string Kind, int Size, int Shards, long Records, int MaxMembers = 0);

/// <summary>What a run took, from the first put to the last outcome.</summary>
/// <param name="Records">User records put while the clock ran.</param>
/// <param name="Failed">Those of them that were not delivered.</param>
/// <param name="Seconds">By the clock.</param>
/// <param name="CpuSeconds">User and system time of the process.</param>
/// <param name="AllocatedBytes">What was allocated on the way.</param>
/// <param name="Sent">Records put in all, with those before the clock started.</param>
/// <param name="NumberSum">The sum of the numbers in the records sent.</param>
internal sealed record LoadResult(long Records, long Failed, double Seconds, double CpuSeconds, long AllocatedBytes, long Sent, ulong NumberSum)
{
    public double RecordsPerCpuSecond => Records / CpuSeconds;

    /// <summary>What the compiler of the runtime took meanwhile, in seconds; 0 where it was not asked.</summary>
    public double CompileSeconds { get; init; }

    /// <summary>How long the garbage collector held everything up.</summary>
    public double CollectedSeconds { get; init; }

    /// <summary>How often it did.</summary>
    public int Collections { get; init; }
}
