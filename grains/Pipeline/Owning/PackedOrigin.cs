using Orleans.Kpl.Aggregation;
using Orleans.Kpl.Packed;
using Orleans.Kpl.Pipeline.Road.Promising;

namespace Orleans.Kpl.Pipeline.Owning;

/// <summary>Records of a batch that came packed, over the network or from a store. Their partition keys stay UTF-8 bytes.</summary>
internal sealed class PackedOrigin(PackedRecords packed, ReadOnlyMemory<PackedPosition> positions) : BatchOrigin
{
    public override ProducerNumber? NumberOf(int index) => packed.NumberOf(positions.Span[index])?.Unpacked;

    public override UserRecord Original(int index) => packed.ToUserRecord(positions.Span[index]);

    public override UInt128 HashKeyOf(int index) => packed.HashOf(positions.Span[index]);

    /// <summary>Reads records of a packed message, validates them and finds their hash keys. Invalid ones get their outcome immediately.</summary>
    public static void Read(
        PreparedBatch batch, PackedRecords packed, ReadOnlyMemory<PackedPosition> positions, int firstIndex, long maxRecordBytes, IBatchOutcomes outcomes)
    {
        Begin(batch, packed, positions, firstIndex);
        var span = positions.Span;
        for (var i = 0; i < span.Length; i++)
        {
            ref readonly var position = ref span[i];
            var key = packed.KeyOf(position);
            if (PackedSource.HasFitKey(key) && RecordValidator.FitsSize(key.Length, position.DataLength, maxRecordBytes))
            {
                Add(batch, packed, position, i, key, default);
                continue;
            }

            var record = packed.ToUserRecord(position);
            var reason = RecordValidator.Explain(record, maxRecordBytes);
            outcomes.End(firstIndex + i, RecordResult.NotDelivered(RecordStatus.Failed, reason.Code, reason.Message, record));
        }

        batch.FindHashes(hashesKeys: true);
    }

    /// <summary>Reads forwarded records: the accepting process has already validated them, and they carry their hash keys.</summary>
    public static void ReadForwarded(PreparedBatch batch, PackedRecords packed, ReadOnlyMemory<PackedPosition> positions, int firstIndex)
    {
        Begin(batch, packed, positions, firstIndex);
        var span = positions.Span;
        for (var i = 0; i < span.Length; i++)
        {
            ref readonly var position = ref span[i];
            Add(batch, packed, position, i, packed.KeyOf(position), packed.HashOf(position));
        }
    }

    /// <summary>Begins a batch with such records, none of which is in it yet.</summary>
    private static void Begin(PreparedBatch batch, PackedRecords packed, ReadOnlyMemory<PackedPosition> positions, int firstIndex)
    {
        batch.Begin(firstIndex, new PackedOrigin(packed, positions));
        batch.HasNumbers = packed.HasNumbers;
    }

    private static void Add(PreparedBatch batch, PackedRecords packed, in PackedPosition position, int index, ReadOnlySpan<byte> key, UInt128 hashKey)
    {
        var data = packed.DataOf(position);
        batch.Add(key, data, new BatchSlot(index, position.IsExplicit), hashKey);
        RecordStage.Expect(data.Span);
    }
}
