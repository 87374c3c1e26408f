using Orleans.Kpl.Aggregation;
using Orleans.Kpl.Pipeline.Backlog.Keeping;
using Orleans.Kpl.Pipeline.Backlog.Segments;
using Orleans.Kpl.Pipeline.Numbers;
using Orleans.Kpl.Pipeline.Road.Promising;

namespace Orleans.Kpl.Pipeline.Backlog.Writing;

/// <summary>Records that are written together. Guarded by its <see cref="GroupCommit"/> until it is handed on.</summary>
/// <param name="writer">The segment's memory.</param>
/// <param name="numbers">The producer numbers of its records, which stay with them however often they are read and sent; null where they have none.</param>
internal sealed class PendingSegment(SegmentWriter writer, long openedAt, NumberLine? numbers = null)
{
    /// <summary>Records that expire within this time end together.</summary>
    private const long Together = TimeSpan.TicksPerSecond;

    private ReadOnlyMemory<byte> _encoded;

    /// <summary>
    /// Gets the lock that is held while the records are handed on. Either the acknowledgement or <see cref="ICommitHost.NotWritten"/> routes them,
    /// whichever comes first.
    /// </summary>
    public Lock Lock { get; } = new();

    /// <summary>Gets the segment's memory; not to be used once <see cref="IsReleased"/>.</summary>
    public SegmentWriter Writer => writer;

    public long OpenedAt => openedAt;

    /// <summary>Gets whether each record is a Kinesis record of its own; all or none of a segment are.</summary>
    public bool IsAlone { get; private set; }

    /// <summary>Gets when the last of its records expires.</summary>
    public long LastExpiry { get; private set; } = long.MinValue;

    /// <summary>Gets the callers that wait, one for the record at each index.</summary>
    public List<MemberRef> Callers { get; } = [];

    /// <summary>Gets the indexes of records that stay in the store once written; ascending.</summary>
    public List<int> Parked { get; } = [];

    /// <summary>Gets the indexes of those among them that are sent alone later.</summary>
    public List<int> Alone { get; } = [];

    /// <summary>
    /// Gets the indexes at which records that skip the linger and records that do not follow each other; ascending. Those before the first do not skip it.
    /// </summary>
    public List<int> Turns { get; } = [];

    /// <summary>Gets the bytes of memory charged to the parked records.</summary>
    public long ParkedCharge { get; private set; }

    /// <summary>Gets the bytes of spill memory charged to spilled records, and their number.</summary>
    public (long Bytes, int Records) Spilled { get; private set; }

    /// <summary>Gets the segment's entry in the index; set at the first attempt to write it.</summary>
    public LogSegment? InLog { get; private set; }

    /// <summary>
    /// Gets or sets the time of the first attempt; never, before that and once the store has acknowledged it. Guarded by the
    /// <see cref="GroupCommit"/>.
    /// </summary>
    public long SilentSince { get; set; } = long.MaxValue;

    /// <summary>Gets or sets whether it was handed on because the store does not take it. Guarded by the <see cref="GroupCommit"/>.</summary>
    public bool IsTaken { get; set; }

    /// <summary>Gets or sets whether its records went into the engines, before or when the store had them. Guarded by <see cref="Lock"/>.</summary>
    public bool IsRouted { get; set; }

    /// <summary>Gets or sets whether its memory was released. Guarded by <see cref="Lock"/>.</summary>
    public bool IsReleased { get; set; }

    /// <summary>Encodes the bytes to be written; the same each time.</summary>
    public ReadOnlyMemory<byte> Encode()
    {
        lock (Lock)
        {
            if (_encoded.IsEmpty)
                _encoded = writer.Encode(isAlone: IsAlone);
            return _encoded;
        }
    }

    /// <summary>Enters the records into the segment's entry in the index.</summary>
    public void Assign(LogSegment inLog)
    {
        InLog = inLog;
        inLog.Begin([.. Callers], IsAlone);
        foreach (var index in Alone)
            inLog.SendAlone(index);
    }

    /// <summary>
    /// Whether a record expires at another time than the last one here. Records that may wait for as long as they live end by segments, so that one with a
    /// shorter time-to-live must not share a segment with others.
    /// </summary>
    public bool IsApart(in IncomingRecord record) => Math.Abs(record.Member.Sink.ExpiresAt - LastExpiry) > Together;

    /// <summary>Adds a record; false when the segment would grow too large, or has records of the other kind.</summary>
    public bool TryAdd(in IncomingRecord record, long acceptedAt, PendingFate fate)
    {
        var isAlone = record.Member.Sink.IsAlone;
        if (Callers.Count > 0 && isAlone != IsAlone)
            return false;
        ProducerNumber? number = numbers is null || isAlone ? null : record.Number ?? numbers.Next;
        if (!writer.TryAdd(record.PartitionKey, record.Data, record.HasExplicitHashKey ? record.HashKey : null, acceptedAt, number?.Packed))
            return false;
        // Only now: a number that no record has would be missing.
        if (number is not null && record.Number is null)
            numbers!.Give();
        IsAlone = isAlone;
        if (record.Member.Sink.Immediate == (Turns.Count % 2 == 0))
            Turns.Add(Callers.Count);
        Callers.Add(record.Member);
        LastExpiry = Math.Max(LastExpiry, record.Member.Sink.ExpiresAt);
        if (fate == PendingFate.Route)
            return true;
        Parked.Add(Callers.Count - 1);
        if (fate == PendingFate.ParkAlone)
            Alone.Add(Callers.Count - 1);
        var charge = RecordValidator.Charge(record.PartitionKey.Length, record.HasExplicitHashKey, record.Data.Length);
        if (fate == PendingFate.Spill)
            Spilled = (Spilled.Bytes + charge, Spilled.Records + 1);
        else
            ParkedCharge += charge;
        return true;
    }
}

/// <summary>The fate of a record once the store has it.</summary>
internal enum PendingFate : byte
{
    /// <summary>It goes into the engines.</summary>
    Route,

    /// <summary>It stays in the store, and its memory is released.</summary>
    Park,

    /// <summary>It stays in the store like those that park, and is sent alone later, because a wrong shard took it.</summary>
    ParkAlone,

    /// <summary>It found memory full: it stays in the store too, and its spill memory is released.</summary>
    Spill,
}
