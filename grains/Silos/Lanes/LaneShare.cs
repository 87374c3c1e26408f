using Orleans.Kpl.Lanes;
using Orleans.Kpl.Packed;

namespace Orleans.Kpl.Silos.Lanes;

/// <summary>
/// The memory for batches of clients in a silo before its limit counts them: a share of that limit, for all sessions together. Sessions that are busy
/// divide it among themselves; what they send beyond is refused.
/// </summary>
/// <param name="memoryLimit">The most bytes that records may hold in the silo.</param>
internal sealed class LaneShare(long memoryLimit)
{
    /// <summary>The share is the memory limit divided by this.</summary>
    public const int Divisor = 8;

    /// <summary>The most on a lane. A silo that pauses as long as its collector or its client's does has still something to do.</summary>
    public const int Most = 64;

    private long _bytes;

    /// <summary>The bytes of the batches that wait to be accepted.</summary>
    public long Bytes => Interlocked.Read(ref _bytes);

    /// <summary>
    /// Returns the most batches in flight on each lane while so many sessions put. A lane needs one, so that very many sessions may send more than there is
    /// room for.
    /// </summary>
    public int Of(int sessions) =>
        (int)Math.Clamp(memoryLimit / Divisor / PackedRecordsWriter.DefaultMaxBytes / ClientBatch.LanesPerSilo / Math.Max(1, sessions), 1, Most);

    /// <summary>
    /// Counts a batch in, until <see cref="Leave"/>. False where there is no room. One large record at a time may go beyond the share: small batches leave
    /// that seldom as much room as it takes.
    /// </summary>
    public bool TryEnter(int bytes)
    {
        var (share, all) = (memoryLimit / Divisor, Interlocked.Add(ref _bytes, bytes));
        if (all <= share || all == bytes || (bytes > PackedRecordsWriter.DefaultMaxBytes && all - bytes <= share))
            return true;
        Leave(bytes);
        return false;
    }

    /// <summary>Counts a batch out that was accepted or refused.</summary>
    public void Leave(int bytes) => Interlocked.Add(ref _bytes, -bytes);
}
