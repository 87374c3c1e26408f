using Orleans.Kpl.Pipeline.Backlog.Keeping;
using Orleans.Kpl.Pipeline.Backlog.Segments;
using Orleans.Kpl.Pipeline.Records;

namespace Orleans.Kpl.Pipeline.Backlog.Writing;

/// <summary>Records that are to be written together. Guarded by its <see cref="GroupCommit"/> until it is handed on.</summary>
internal sealed class PendingSegment(SegmentWriter writer, long openedAt)
{
    private ReadOnlyMemory<byte> _encoded;

    /// <summary>
    /// Held while its records are handed on: either its acknowledgement or <see cref="ICommitHost.NotWritten"/> routes them, whichever comes first.
    /// </summary>
    public Lock Gate { get; } = new();

    /// <summary>Its memory; not to be touched once <see cref="IsReleased"/>.</summary>
    public SegmentWriter Writer => writer;

    public long OpenedAt => openedAt;

    /// <summary>Who waits for the record of each place.</summary>
    public List<MemberRef> Callers { get; } = [];

    /// <summary>Places of records that stay in the store when it has them; ascending.</summary>
    public List<int> Parked { get; } = [];

    /// <summary>What the parked ones hold of the room.</summary>
    public long ParkedCharge { get; private set; }

    /// <summary>Of records that came from a full room: what they hold of the room beside it, and how many.</summary>
    public (long Bytes, int Records) Spilled { get; private set; }

    /// <summary>Known from the first attempt to write it.</summary>
    public HeldSegment? Held { get; set; }

    /// <summary>When it was first attempted; never, before that and once the store has acknowledged it. Guarded by the <see cref="GroupCommit"/>.</summary>
    public long SilentSince { get; set; } = long.MaxValue;

    /// <summary>It was handed on because the store does not take it. Guarded by the <see cref="GroupCommit"/>.</summary>
    public bool IsTaken { get; set; }

    /// <summary>Its records went into the engines, before the store had them or then. Guarded by <see cref="Gate"/>.</summary>
    public bool IsRouted { get; set; }

    /// <summary>Its memory was given back. Guarded by <see cref="Gate"/>.</summary>
    public bool IsReleased { get; set; }

    /// <summary>The bytes to be written; the same each time.</summary>
    public ReadOnlyMemory<byte> Encode()
    {
        lock (Gate)
        {
            if (_encoded.IsEmpty)
                _encoded = writer.Encode();
            return _encoded;
        }
    }

    /// <summary>Adds a record; false when the segment would grow too large.</summary>
    public bool TryAdd(in IncomingRecord record, long acceptedAt, PendingFate fate)
    {
        if (!writer.TryAdd(record.PartitionKey, record.Data, record.HasExplicitHashKey ? record.HashKey : null, acceptedAt))
            return false;
        Callers.Add(record.Member);
        if (fate == PendingFate.Route)
            return true;
        Parked.Add(Callers.Count - 1);
        var charge = RecordValidator.Charge(record.PartitionKey.Length, record.HasExplicitHashKey, record.Data.Length);
        if (fate == PendingFate.Spill)
            Spilled = (Spilled.Bytes + charge, Spilled.Records + 1);
        else
            ParkedCharge += charge;
        return true;
    }
}

/// <summary>What becomes of a record once the store has it.</summary>
internal enum PendingFate : byte
{
    /// <summary>It goes into the engines.</summary>
    Route,

    /// <summary>It stays in the store, and its room is given back.</summary>
    Park,

    /// <summary>It came from a full room: it stays in the store too, and gives back the small room beside that one.</summary>
    Spill,
}
