using Orleans.Kpl.Packed;
using Orleans.Kpl.Pipeline.Backlog.Keeping;

namespace Orleans.Kpl.Pipeline.Backlog.Replaying;

/// <summary>Reads segments for a <see cref="Replayer"/>, and routes their records into the engines.</summary>
internal interface IReplaySource
{
    /// <summary>Reads the records of a segment; null where they cannot be read now, or ever.</summary>
    Task<PackedRecords?> ReadAsync(LogSegment segment);

    /// <summary>Routes the records of a segment that are not done, part by part, as <see cref="Replayer.EnterAsync"/> allows.</summary>
    Task ReplayAsync(LogSegment segment, PackedRecords records);

    /// <summary>Reserves memory for records that are about to be replayed; false where there is none now.</summary>
    /// <param name="charge">The records' bytes.</param>
    /// <param name="isProbe">Whether no replayed record is in flight: these may then take the memory they need.</param>
    bool TryLetOut(long charge, int records, bool isProbe);

    /// <summary>Queues a segment again that was taken from the queue and not replayed.</summary>
    void ParkAgain(LogSegment segment);
}

/// <summary>Records of the backlog that were replayed together.</summary>
/// <param name="replayer">The replayer that released them.</param>
/// <param name="bytesEach">The average charge of one of them, in bytes.</param>
/// <param name="letOutAt">When they were released, on the replayer's clock.</param>
internal sealed class ReplayPart(Replayer replayer, double bytesEach, long letOutAt)
{
    /// <remarks>An attempt's instants are those of the process that made it, whose wall clock may be another: only its duration is used.</remarks>
    public void Delivered(in RecordResult result) =>
        replayer.Delivered(bytesEach, letOutAt, result.Attempts.Count > 0 ? result.Attempts[0].Duration.Ticks : 0, result.Attempts.Count > 1);

    public void Failed() => replayer.Failed(bytesEach);
}
