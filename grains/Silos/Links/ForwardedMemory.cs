using Orleans.Kpl.Packed;
using Orleans.Kpl.Pipeline.Fairness;
using Orleans.Kpl.Pipeline.Road.Limiting;

namespace Orleans.Kpl.Silos.Links;

/// <summary>
/// The memory of records that other silos forward here, apart from that of records accepted here: two full silos must not wait for each other. A stream
/// beside others has at most half of it, so that one whose shards here are stuck leaves memory to the others.
/// </summary>
/// <param name="maxBytes">The most bytes.</param>
/// <param name="maxRecords">The most records; 0 for no limit.</param>
internal sealed class ForwardedMemory(long maxBytes, long maxRecords)
{
    /// <summary>All silos are one identity: which client a record came from does not travel.</summary>
    public static readonly PutOptions Silos = new() { Identity = "" };

    private readonly FairMemory _all = new(maxBytes, maxRecords);
    private readonly Lock _lock = new();
    private readonly Dictionary<string, MemoryLimit> _ofStreams = new(StringComparer.Ordinal);

    /// <summary>Returns what records of a stream hold; nothing where it has none here.</summary>
    public (long Records, long Bytes) HeldBy(string stream)
    {
        lock (_lock)
            return _ofStreams.TryGetValue(stream, out var limits) ? (limits.Records, limits.Bytes) : default;
    }

    /// <summary>The limits of one stream: its own, and that of all.</summary>
    public MemoryLimit Of(string stream)
    {
        lock (_lock)
        {
            if (!_ofStreams.TryGetValue(stream, out var limits))
                _ofStreams.Add(stream, limits = new FairMemory(maxBytes, maxRecords, _all));
            return limits;
        }
    }

    /// <summary>
    /// Reserves memory for a frame. A large record may exceed a limit that has not been exceeded yet. Nothing queues here, and small frames seldom leave
    /// enough for it: it would be sent again and again until it expires, and hold up all else that its silo has for this one.
    /// </summary>
    /// <param name="limits">Those of the stream.</param>
    /// <param name="bytes">What the records are charged.</param>
    public static bool TryReserve(MemoryLimit limits, long bytes, int records)
    {
        if (limits.TryReserve(bytes, records, Silos))
            return true;
        if (records > 1 || bytes <= PackedRecordsWriter.DefaultMaxBytes || !limits.TryReserve(0, 0, Silos))
            return false;
        limits.Charge(bytes, records);
        return true;
    }

    /// <summary>Forgets a stream that has closed: it is not beside the others any more.</summary>
    public void Forget(string stream)
    {
        lock (_lock)
        {
            if (_ofStreams.Remove(stream, out var limits))
                limits.Close("the stream was idle and has closed");
        }
    }
}
