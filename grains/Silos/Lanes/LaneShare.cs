using Orleans.Kpl.Lanes;
using Orleans.Kpl.Packed;

namespace Orleans.Kpl.Silos.Lanes;

/// <summary>
/// How many batches a client may have in flight on a lane. Batches wait in the silo's queues before its memory limit counts them. So all of them together
/// get a share of the limit, which busy sessions divide among themselves.
/// </summary>
/// <param name="memoryLimit">The most bytes that records may hold in the silo.</param>
internal readonly struct LaneShare(long memoryLimit)
{
    /// <summary>The share of the memory limit: one part of so many.</summary>
    private const int Part = 8;

    /// <summary>The least, with which each lane begins.</summary>
    public const int Least = 4;

    /// <summary>The most. A silo that pauses as long as its collector or its client's does has still something to do.</summary>
    public const int Most = 64;

    /// <summary>Returns the most batches in flight on each lane while so many sessions put.</summary>
    public int Of(int sessions) =>
        (int)Math.Clamp(memoryLimit / Part / PackedRecordsWriter.DefaultMaxBytes / ClientBatch.LanesPerSilo / Math.Max(1, sessions), Least, Most);
}
