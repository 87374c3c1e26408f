using System.Text;
using Orleans.Kpl.Aggregation;
using Orleans.Kpl.Packed;
using Orleans.Kpl.Pipeline.Road.Promising;

namespace Orleans.Kpl.Pipeline.Owning;

/// <summary>Records as they arrived over the network, in one message.</summary>
internal sealed class PackedSource(PackedRecords records) : IRecordSource
{
    private readonly PackedPosition[] _positions = records.Positions();

    public int Count => _positions.Length;

    public int PartFrom(int first, (int Records, long Bytes) most, out int largest)
    {
        var count = Math.Min(_positions.Length - first, Math.Min(most.Records, PreparedBatch.MaxRecords));
        largest = 0;
        foreach (ref readonly var position in _positions.AsSpan(first, count))
            largest = Math.Max(largest, position.DataLength);
        return count;
    }

    public void ReadInto(PreparedBatch prepared, int first, int count, long maxRecordBytes, IBatchOutcomes batch)
    {
        PackedOrigin.Read(prepared, records, _positions.AsMemory(first, count), first, maxRecordBytes, batch);
        // A client does not number records: consumers would drop others for it.
        prepared.HasNumbers = false;
    }

    /// <summary>Returns the memory that each record is charged.</summary>
    /// <exception cref="PackedFormatException">A record has no hash key or no valid partition key, so it cannot be a forwarded record.</exception>
    public long[] Charges()
    {
        var charges = new long[_positions.Length];
        for (var i = 0; i < charges.Length; i++)
        {
            ref readonly var position = ref _positions[i];
            if (!position.HasHash || !HasFitKey(records.KeyOf(position)))
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
        return position.IsExplicit || HashKey.OfPartitionKey(records.KeyOf(position)) == records.HashOf(position);
    }

    /// <summary>Prepares forwarded records: the accepting process has already validated them, and each carries its hash key.</summary>
    public void ReadForwarded(PreparedBatch prepared, int first, int count) =>
        PackedOrigin.ReadForwarded(prepared, records, _positions.AsMemory(first, count), first);
}
