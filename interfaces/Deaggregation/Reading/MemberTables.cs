using System.Globalization;
using System.Runtime.InteropServices;

namespace Orleans.Kpl.Deaggregation;

/// <summary>
/// The contents of a message by position: its tables of keys and its members. Kept from aggregate to aggregate, so that reading allocates nothing.
/// </summary>
internal sealed class MemberTables
{
    /// <summary>As the index of an explicit hash key or of a producer number: the member has none.</summary>
    public const int None = -1;

    /// <summary>The largest tables that are kept for the next aggregate.</summary>
    private const int MostKept = 16_384;

    private readonly List<TableKey> _partitionKeys = [];
    private readonly List<TableKey> _hashKeys = [];
    private readonly List<MemberFields> _members = [];
    private readonly List<ProducerNumber> _numbers = [];

    public Span<TableKey> PartitionKeys => CollectionsMarshal.AsSpan(_partitionKeys);

    public Span<TableKey> HashKeys => CollectionsMarshal.AsSpan(_hashKeys);

    public ReadOnlySpan<MemberFields> Members => CollectionsMarshal.AsSpan(_members);

    /// <summary>Whether a member has a producer number of its own.</summary>
    public bool HasNumbers => _numbers.Count > 0;

    public ProducerNumber? Number(in MemberFields member) => member.Number == None ? null : _numbers[member.Number];

    public void AddPartitionKey(int start, int length) => _partitionKeys.Add(new TableKey { Start = start, Length = length });

    public void AddHashKey(int start, int length) => _hashKeys.Add(new TableKey { Start = start, Length = length });

    /// <summary>Adds a member; false, and adds nothing, when it names a key that is not there or no hash key.</summary>
    public bool TryAdd(ReadOnlySpan<byte> payload, in RecordFields record)
    {
        if (record.PartitionKeyIndex >= (ulong)_partitionKeys.Count || record.HashKeyIndex >= (ulong)_hashKeys.Count)
            return false;
        var hashKey = None;
        if (record.HashKeyIndex is { } index && !TryUseHashKey(payload, hashKey = (int)index))
            return false;
        var number = None;
        if (record.Number is { } given)
        {
            number = _numbers.Count;
            _numbers.Add(given);
        }

        Add((int)record.PartitionKeyIndex, hashKey, record.Data.Start, record.Data.Length, number);
        return true;
    }

    /// <summary>Adds a member without a producer number of its own, whose keys are known to be there.</summary>
    public void Add(int partitionKey, int hashKey, int dataStart, int dataLength, int number = None)
    {
        if (hashKey == None)
            PartitionKeys[partitionKey].IsRoutedBy = true;
        _members.Add(new MemberFields(partitionKey, hashKey, dataStart, dataLength, number));
    }

    /// <summary>Reads an explicit hash key, once for all members that have it; false when it is no number from 0 to 2^128 − 1.</summary>
    public bool TryUseHashKey(ReadOnlySpan<byte> payload, int index)
    {
        ref var key = ref HashKeys[index];
        if (key.IsRoutedBy)
            return true;
        key.IsRoutedBy = UInt128.TryParse(
            payload.Slice(key.Start, key.Length), NumberStyles.None, CultureInfo.InvariantCulture, out key.Value);
        return key.IsRoutedBy;
    }

    public void Clear()
    {
        _partitionKeys.Clear();
        _hashKeys.Clear();
        _members.Clear();
        _numbers.Clear();
    }

    /// <summary>Lets go of tables that are larger than most.</summary>
    public void Shrink()
    {
        Clear();
        Shrink(_partitionKeys);
        Shrink(_hashKeys);
        Shrink(_members);
        Shrink(_numbers);

        static void Shrink<T>(List<T> table)
        {
            if (table.Capacity > MostKept)
                table.Capacity = 0;
        }
    }

    /// <summary>An entry of a table of keys.</summary>
    internal struct TableKey
    {
        public int Start;
        public int Length;

        /// <summary>Whether a member is routed by it; a partition key is not where all its members have an explicit hash key.</summary>
        public bool IsRoutedBy;

        /// <summary>The value of an explicit hash key that a member is routed by.</summary>
        public UInt128 Value;
    }

    /// <summary>The parts of a member: indexes in the tables, and where its data are.</summary>
    internal readonly record struct MemberFields(int PartitionKey, int HashKey, int DataStart, int DataLength, int Number);
}
