using Orleans.Kpl.Packed;
using Orleans.Kpl.Pipeline.Aggregation;
using Orleans.Kpl.Pipeline.Records;

namespace Orleans.Kpl.Silos.Links;

/// <summary>Packs records as they arrive, until a frame is full.</summary>
internal sealed class FrameBuilder
{
    private readonly PackedRecordsWriter _writer = new();
    private readonly List<QueuedRecord> _held = [];

    public bool IsEmpty => _held.Count == 0;

    /// <summary>Adds a record. False when the frame is full: the caller must take it first.</summary>
    /// <param name="number">Its producer number; null where it has none, or where the owner gives it one.</param>
    public bool TryAdd(in IncomingRecord record, ProducerNumber? number)
    {
        if (_held.Count >= PreparedBatch.MaxRecords
            || !_writer.TryAdd(record.PartitionKey, record.Data, record.HashKey, record.HasExplicitHashKey, number?.Packed))
            return false;
        var charge = RecordValidator.Charge(record.PartitionKey.Length, record.HasExplicitHashKey, record.Data.Length);
        _held.Add(new QueuedRecord(record.Member, record.History, charge, record.IsDueAtOnce));
        return true;
    }

    /// <summary>Returns the frame built so far and empties the builder.</summary>
    public QueuedFrame Take()
    {
        var frame = new QueuedFrame(_writer.ToArray(), [.. _held]);
        _writer.Reset();
        _held.Clear();
        return frame;
    }
}
