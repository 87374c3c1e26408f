using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Orleans.Kpl.Aggregation.Buffers;
using Orleans.Kpl.Deaggregation;

namespace Orleans.Kpl.Aggregation;

/// <summary>
/// Builds a shard's open aggregate. User records are encoded as they arrive: key tables and records grow side by side, so that closing only
/// copies the tables to the front. Like KPL, it never wraps a single user record, unless <c>alwaysWrap</c> is set. Not thread-safe.
/// </summary>
/// <remarks>An empty builder holds no buffers. The next aggregate starts with the sizes of the last one.</remarks>
internal sealed class AggregateBuilder
{
    private const int SmallestBuffer = 1024;
    private const int FirstTables = 128;
    private const int MaxHashKeyDigits = 39;
    private static readonly ReadOnlyMemory<byte> LetterA = "a"u8.ToArray();

    private readonly AggregationLimits _limits;
    private readonly bool _alwaysWrap;
    private readonly ContainerKey _containerKey;

    private TextTable _partitionKeys = new(AggregateFormat.PartitionKeyTag);
    private TextTable _hashKeys = new(AggregateFormat.HashKeyTag);

    // Records fill the buffer from _start to _end. The space before _start is for magic and tables, which Close writes there.
    private byte[]? _buffer;
    private int _start;
    private int _end;

    private int _firstDataLength;
    private (int Smallest, int Largest) _dataSizes;
    private UInt128 _firstHash;
    private bool _firstIsExplicit;
    private UInt128 _lowest;
    private UInt128 _highest;
    private int _tablesHint;
    private int _recordsHint;

    // Whether the buffer has one record that travels as it is: its key, then its data.
    private bool _isBare;

    /// <param name="alwaysWrap">Whether a single user record becomes an aggregate too, as ordered streams need.</param>
    /// <param name="containerKey">The partition key that aggregates are sent under.</param>
    public AggregateBuilder(AggregationLimits limits, bool alwaysWrap = false, ContainerKey containerKey = ContainerKey.A)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(limits.MaxCount, 1);
        ArgumentOutOfRangeException.ThrowIfNegative(limits.MaxSize);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(limits.MaxSize, AggregationLimits.LargestMaxSize);
        _limits = limits;
        _alwaysWrap = alwaysWrap;
        _containerKey = containerKey;
    }

    /// <summary>The number of user records in it.</summary>
    public int Count { get; private set; }

    public bool IsEmpty => Count == 0;

    /// <summary>The size in bytes of the payload if it were closed now: exactly what <see cref="Close"/> returns.</summary>
    public int Size => Count == 0 ? 0 : Count == 1 && !_alwaysWrap ? _firstDataLength : AggregateFormat.FrameSize + MessageSize;

    /// <summary>Whether the aggregate has reached one of its limits.</summary>
    public bool IsFull => Count > 0 && (Count >= _limits.MaxCount || Size >= _limits.MaxSize);

    // The position at which the next record is written.
    private ref byte End => ref Unsafe.Add(ref MemoryMarshal.GetArrayDataReference(_buffer!), _end);

    private int MessageSize => _partitionKeys.Size + _hashKeys.Size + _end - _start;

    /// <summary>
    /// Adds a user record. Returns false, and changes nothing, when the record would pass a limit; an empty builder takes every record.
    /// </summary>
    /// <param name="partitionKey">The partition key as UTF-8.</param>
    /// <param name="hashKey">The hash key that the record is routed by: its explicit one, or the partition key's MD5.</param>
    /// <param name="hasExplicitHashKey">Whether the caller gave <paramref name="hashKey"/>, so that it is sent with the record.</param>
    public bool TryAdd(ReadOnlySpan<byte> partitionKey, UInt128 hashKey, bool hasExplicitHashKey, ReadOnlySpan<byte> data)
    {
        if (_limits.MaxCount == 1 && !_alwaysWrap)
            return TryAddBare(partitionKey, hashKey, hasExplicitHashKey, data);
        if (hasExplicitHashKey)
            return TryAddWithHashKey(partitionKey, hashKey, isExplicit: true, data, default);

        var keyHash = TextHash.Of(partitionKey);
        var keyIndex = _partitionKeys.Find(partitionKey, keyHash, out var freeSlot);
        var isNew = keyIndex < 0;
        if (isNew)
            keyIndex = _partitionKeys.Count;
        var fields = RecordWriter.SizeOfFields(keyIndex, RecordWriter.NoHashKey, data.Length);
        var size = RecordWriter.SizeOf(fields);
        if (Count > 0 && !HasRoomFor(size + (isNew ? TextTable.SizeOf(partitionKey.Length) : 0)))
            return false;

        if (isNew)
            _partitionKeys.Add(partitionKey, keyHash, freeSlot);
        MakeRoom(size);
        RecordWriter.Write(ref End, fields, keyIndex, RecordWriter.NoHashKey, data);
        NoteMember(size, data.Length, hashKey, isExplicit: false);
        return true;
    }

    /// <summary>Adds a member with a producer number of its own, which need not follow its predecessor's; false when it does not fit.</summary>
    public bool TryAdd(ReadOnlySpan<byte> partitionKey, UInt128 hashKey, bool hasExplicitHashKey, ReadOnlySpan<byte> data, ProducerNumber number)
    {
        Span<byte> tag = stackalloc byte[ProducerNumber.LargestTag];
        tag = tag[..number.WriteTag(tag)];
        return TryAddWithHashKey(partitionKey, hashKey, hasExplicitHashKey, data, tag);
    }

    /// <summary>
    /// Announces at least this many records: an empty builder reserves space for all of them, as if each had its own partition key.
    /// </summary>
    public void Expect(int count, int keyBytes, int dataBytes)
    {
        if (_buffer is not null)
            return;
        var tables = AggregateFormat.MagicSize + keyBytes + (count * TextTable.MostOverhead);
        // If the records of the last aggregate shared their keys, these probably do, too.
        if (_tablesHint == 0 || tables < _tablesHint * 2)
            _tablesHint = Math.Max(_tablesHint, tables);
        _recordsHint = Math.Max(_recordsHint, dataBytes + (count * RecordWriter.MostOverhead));
        _partitionKeys.Expect(_tablesHint);
    }

    /// <summary>Closes the aggregate into a Kinesis record whose trailer is still to be written. The builder is empty afterwards.</summary>
    /// <exception cref="InvalidOperationException">The builder is empty.</exception>
    public EncodedRecord Close()
    {
        if (Count == 0)
            throw new InvalidOperationException("An empty aggregate cannot be closed.");
        if (_isBare)
            return Closed(_start, _buffer.AsMemory(0, _start), isAggregate: false);

        var tables = AggregateFormat.MagicSize + _partitionKeys.Size + _hashKeys.Size;
        if (tables > _start)
            MoveRecords(tables, _end - _start);
        Debug.Assert(_buffer is not null);
        var offset = _start - tables;
        var target = _buffer.AsSpan(offset, tables);
        AggregateFormat.Magic.CopyTo(target);
        _partitionKeys.Encoded.CopyTo(target[AggregateFormat.MagicSize..]);
        _hashKeys.Encoded.CopyTo(target[(AggregateFormat.MagicSize + _partitionKeys.Size)..]);

        var isAggregate = Count > 1 || _alwaysWrap;
        (_tablesHint, _recordsHint) = (tables, _end - _start);
        return Closed(
            isAggregate ? offset : _end - _firstDataLength, isAggregate && _containerKey == ContainerKey.A ? LetterA : FirstPartitionKey(offset), isAggregate);
    }

    /// <summary>Returns what was built, and empties the builder.</summary>
    private EncodedRecord Closed(int offset, ReadOnlyMemory<byte> partitionKey, bool isAggregate)
    {
        var closed = new EncodedRecord
        {
            Buffer = _buffer!,
            Offset = offset,
            Length = Size,
            PartitionKey = partitionKey,
            HashKey = _firstHash,
            HasExplicitHashKey = _firstIsExplicit,
            LowestHash = _lowest,
            HighestHash = _highest,
            Count = Count,
            DataSizes = _dataSizes,
            NeedsTrailer = isAggregate,
        };
        Reset();
        return closed;
    }

    /// <remarks>
    /// Records that never have company may be under way by the thousand, so each has its bytes in one buffer, which is no larger than it must be: what
    /// aggregates have beside their records would be most of it, and out of the caches.
    /// </remarks>
    private bool TryAddBare(ReadOnlySpan<byte> partitionKey, UInt128 hashKey, bool isExplicit, ReadOnlySpan<byte> data)
    {
        if (Count > 0)
            return false;
        _buffer = BufferPool.RentTight(partitionKey.Length + data.Length);
        partitionKey.CopyTo(_buffer);
        data.CopyTo(_buffer.AsSpan(partitionKey.Length));
        _start = _end = partitionKey.Length;
        _isBare = true;
        NoteMember(data.Length, data.Length, hashKey, isExplicit);
        return true;
    }

    private bool TryAddWithHashKey(ReadOnlySpan<byte> partitionKey, UInt128 hashKey, bool isExplicit, ReadOnlySpan<byte> data, ReadOnlySpan<byte> tag)
    {
        Span<byte> digits = stackalloc byte[MaxHashKeyDigits];
        hashKey.TryFormat(digits, out var length, default, CultureInfo.InvariantCulture);
        digits = digits[..length];

        var keyHash = TextHash.Of(partitionKey);
        var digitsHash = TextHash.Of(digits);
        var keyIndex = _partitionKeys.Find(partitionKey, keyHash, out var freeKeySlot);
        var freeHashKeySlot = 0;
        var hashKeyIndex = isExplicit ? _hashKeys.Find(digits, digitsHash, out freeHashKeySlot) : RecordWriter.NoHashKey;
        var isNewKey = keyIndex < 0;
        var isNewHashKey = isExplicit && hashKeyIndex < 0;
        if (isNewKey)
            keyIndex = _partitionKeys.Count;
        if (isNewHashKey)
            hashKeyIndex = _hashKeys.Count;
        var fields = RecordWriter.SizeOfFields(keyIndex, hashKeyIndex, data.Length) + tag.Length;
        var size = RecordWriter.SizeOf(fields);
        var tables = (isNewKey ? TextTable.SizeOf(partitionKey.Length) : 0) + (isNewHashKey ? TextTable.SizeOf(length) : 0);
        if (Count > 0 && !HasRoomFor(size + tables))
            return false;

        if (isNewKey)
            _partitionKeys.Add(partitionKey, keyHash, freeKeySlot);
        if (isNewHashKey)
            _hashKeys.Add(digits, digitsHash, freeHashKeySlot);
        MakeRoom(size);
        RecordWriter.Write(ref End, fields, keyIndex, hashKeyIndex, data);
        tag.CopyTo(_buffer.AsSpan(_end + size - tag.Length));
        NoteMember(size, data.Length, hashKey, isExplicit);
        return true;
    }

    private bool HasRoomFor(int growth) =>
        Count < _limits.MaxCount
        && (long)AggregateFormat.FrameSize + MessageSize + growth <= _limits.MaxSize;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void MakeRoom(int recordSize)
    {
        if (_buffer is null || recordSize + AggregateFormat.TrailerSize > _buffer.Length - _end)
            Grow(recordSize);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void NoteMember(int recordSize, int dataLength, UInt128 hashKey, bool isExplicit)
    {
        _end += recordSize;
        _dataSizes = Count == 0 ? (dataLength, dataLength) : (Math.Min(_dataSizes.Smallest, dataLength), Math.Max(_dataSizes.Largest, dataLength));
        if (Count++ == 0)
        {
            _firstDataLength = dataLength;
            _firstHash = _lowest = _highest = hashKey;
            _firstIsExplicit = isExplicit;
        }
        else if (hashKey < _lowest)
        {
            _lowest = hashKey;
        }
        else if (hashKey > _highest)
        {
            _highest = hashKey;
        }
    }

    [MemberNotNull(nameof(_buffer))]
    private void Grow(int recordSize)
    {
        if (_buffer is null)
        {
            _start = _end = Math.Max(FirstTables, _tablesHint + (_tablesHint / 8));
            var size = _start + Math.Max(recordSize, _recordsHint) + AggregateFormat.TrailerSize;
            _buffer = BufferPool.Rent(Math.Max(SmallestBuffer, size));
        }
        else
        {
            var records = _end - _start;
            MoveRecords(_start, records + Math.Max(recordSize, records));
        }
    }

    // Moves to another buffer, with this much space for tables in front and for records.
    [MemberNotNull(nameof(_buffer))]
    private void MoveRecords(int tables, int records)
    {
        var source = _buffer;
        Debug.Assert(source is not null);
        _buffer = BufferPool.Rent(tables + records + AggregateFormat.TrailerSize);
        source.AsSpan(_start.._end).CopyTo(_buffer.AsSpan(tables));
        BufferPool.Return(source);
        _end += tables - _start;
        _start = tables;
    }

    private ReadOnlyMemory<byte> FirstPartitionKey(int offset)
    {
        var position = offset + AggregateFormat.MagicSize + 1;
        var length = (int)AggregateFormat.ReadVarint(_buffer, ref position);
        return _buffer.AsMemory(position, length);
    }

    private void Reset()
    {
        _partitionKeys.Clear();
        _hashKeys.Clear();
        _buffer = null;
        _start = _end = 0;
        _isBare = false;
        Count = 0;
    }
}

/// <summary>The limits of one aggregate. A single user record above the size limit is still sent, alone.</summary>
/// <param name="MaxCount">The largest number of user records, at least 1 (KPL: AggregationMaxCount).</param>
/// <param name="MaxSize">
/// The largest size in bytes of the serialized aggregate, framing and trailer included, up to 10 MiB (KPL: AggregationMaxSize).
/// </param>
internal readonly record struct AggregationLimits(long MaxCount, int MaxSize)
{
    /// <summary>The largest size that can be set: 10 MiB, the largest record that Kinesis takes.</summary>
    public const int LargestMaxSize = 10 * 1024 * 1024;
}
