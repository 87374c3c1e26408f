using Orleans.Kpl.Packed;
using Orleans.Kpl.Pipeline.Records;

namespace Orleans.Kpl.Grains.Links;

/// <summary>Packs records as they come, until a message is full.</summary>
internal sealed class FrameBuilder
{
    private readonly PackedRecordsWriter _writer = new();
    private readonly List<QueuedRecord> _held = [];

    public bool IsEmpty => _held.Count == 0;

    /// <summary>False when the message is full: it has to be taken first.</summary>
    public bool TryAdd(in IncomingRecord record)
    {
        if (_held.Count >= PreparedBatch.MaxRecords || !_writer.TryAdd(record.PartitionKey, record.Data, record.HashKey, record.HasExplicitHashKey))
            return false;
        var charge = RecordValidator.Charge(record.PartitionKey.Length, record.HasExplicitHashKey, record.Data.Length);
        _held.Add(new QueuedRecord(record.Member, record.History, charge, record.IsDueAtOnce));
        return true;
    }

    /// <summary>The message so far; the builder is empty again.</summary>
    public QueuedFrame Take()
    {
        var frame = new QueuedFrame(_writer.ToArray(), [.. _held]);
        _writer.Reset();
        _held.Clear();
        return frame;
    }
}
