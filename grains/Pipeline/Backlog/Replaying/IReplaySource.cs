using Orleans.Kpl.Packed;
using Orleans.Kpl.Pipeline.Backlog.Keeping;

namespace Orleans.Kpl.Pipeline.Backlog.Replaying;

/// <summary>Reads segments for a <see cref="Replayer"/>, and lets their records out into the engines.</summary>
internal interface IReplaySource
{
    /// <summary>The records of a segment; null where they cannot be had now, or ever.</summary>
    Task<PackedRecords?> ReadAsync(HeldSegment segment);

    /// <summary>Lets the records of a segment out that are not done, part by part, as <see cref="Replayer.EnterAsync"/> allows.</summary>
    Task ReplayAsync(HeldSegment segment, PackedRecords records);

    /// <summary>Takes memory for records that are to be let out; false where there is none for them now.</summary>
    /// <param name="charge">Their bytes.</param>
    /// <param name="records">How many.</param>
    /// <param name="isProbe">None are out: these may take what they need.</param>
    bool TryLetOut(long charge, int records, bool isProbe);

    /// <summary>A segment was taken from the line and not replayed: it waits again.</summary>
    void ParkAgain(HeldSegment segment);
}
