using System.Buffers;
using System.Text;
using Orleans.Kpl.Aggregation;
using Orleans.Kpl.Packed;
using Orleans.Kpl.Pipeline.Road.Promising;

namespace Orleans.Kpl.Pipeline.Owning;

/// <summary>Records as they arrived over the network, in one message. They must not be used after it is disposed: their positions go back to a pool.</summary>
internal sealed class PackedSource : IRecordSource, IDisposable
{
    private readonly PackedRecords _records;
    private readonly PackedPosition[] _positions;

    public PackedSource(PackedRecords records)
    {
        (_records, _positions) = (records, ArrayPool<PackedPosition>.Shared.Rent(records.Count));
        records.ReadPositions(_positions);
    }

    public int Count => _records.Count;

    public int PartFrom(int first, (int Records, long Bytes) most, out int largest)
    {
        var count = Math.Min(Count - first, Math.Min(most.Records, PreparedBatch.MaxRecords));
        largest = 0;
        foreach (ref readonly var position in _positions.AsSpan(first, count))
            largest = Math.Max(largest, position.DataLength);
        return count;
    }

    public void ReadInto(PreparedBatch prepared, int first, int count, long maxRecordBytes, IBatchOutcomes batch)
    {
        PackedOrigin.Read(prepared, _records, _positions.AsMemory(first, count), first, maxRecordBytes, batch);
        // A client does not number records: consumers would drop others for it.
        prepared.HasNumbers = false;
    }

    /// <summary>Returns the memory that each record is charged.</summary>
    /// <exception cref="PackedFormatException">A record has no hash key or no valid partition key, so it cannot be a forwarded record.</exception>
    public long[] Charges()
    {
        var charges = new long[Count];
        for (var i = 0; i < charges.Length; i++)
        {
            ref readonly var position = ref _positions[i];
            if (!position.HasHash || !HasFitKey(_records.KeyOf(position)))
                throw new PackedFormatException("a record of another silo has no hash key, or no fit partition key");
            charges[i] = RecordValidator.Charge(position.KeyLength, position.IsExplicit, position.DataLength);
        }

        return charges;
    }

    /// <summary>Whether a key that is already UTF-8 is valid.</summary>
    public static bool HasFitKey(ReadOnlySpan<byte> key) => key.Length is > 0 and <= RecordValidator.MaxPartitionKeyBytes
        && (key.Length <= PartitionKeyRule.MaxLength || Encoding.UTF8.GetCharCount(key) <= PartitionKeyRule.MaxLength);

    /// <summary>Whether a record's hash key, where it was not given, is that of its partition key.</summary>
    public bool HasHashOfItsKey(int index)
    {
        ref readonly var position = ref _positions[index];
        return position.IsExplicit || HashKey.OfPartitionKey(_records.KeyOf(position)) == _records.HashOf(position);
    }

    /// <summary>Prepares forwarded records: the accepting process has already validated them, and each carries its hash key.</summary>
    public void ReadForwarded(PreparedBatch prepared, int first, int count) =>
        PackedOrigin.ReadForwarded(prepared, _records, _positions.AsMemory(first, count), first);

    public void Dispose() => ArrayPool<PackedPosition>.Shared.Return(_positions);
}
