using System.Buffers.Binary;
using System.Text;
using System.Text.Unicode;

namespace Orleans.Kpl.Packed;

/// <summary>
/// Many records in one piece of memory, column by column, so that their keys are contiguous for hashing. Nothing is copied: this is a
/// view of the memory that it was made from.
/// </summary>
/// <remarks>
/// Format 1: <c>1, varint count, count × (varint keyBytes, varint dataBytes &lt;&lt; 2 | hasHash &lt;&lt; 1 | isExplicit), keys, hashes
/// (16 bytes, big endian, of those that have one), data</c>, and nothing after it. Keys are UTF-8. Kinesis' limits for keys and
/// sizes are not checked here. Format 2 has a column before the data: <c>count × (8 bytes producer, 4 bytes line, 8 bytes number)</c>, little
/// endian, the producer number of each record; line 0 means that a record has none. Versions that do not know it refuse the message.
/// </remarks>
internal readonly struct PackedRecords
{
    public const byte Format = 1;

    /// <summary>The format of records with producer numbers.</summary>
    public const byte NumberedFormat = 2;

    /// <summary>The minimum size of a record in bytes: its two numbers.</summary>
    private const int LeastRecordBytes = 2;

    private const int HashBytes = 16;

    private readonly int _sizes;
    private readonly int _keys;
    private readonly int _hashes;
    private readonly int _numbers;
    private readonly int _data;

    private PackedRecords(ReadOnlyMemory<byte> bytes, int count, int sizes, int keys, int hashes, int numbers, int data) =>
        (Bytes, Count, _sizes, _keys, _hashes, _numbers, _data) = (bytes, count, sizes, keys, hashes, numbers, data);

    /// <summary>The number of records.</summary>
    public int Count { get; }

    /// <summary>All bytes of the message; positions of data are in them.</summary>
    public ReadOnlyMemory<byte> Bytes { get; }

    /// <summary>The keys of all records as UTF-8, one after the other.</summary>
    public ReadOnlySpan<byte> Keys => Bytes.Span[_keys.._hashes];

    /// <summary>Whether records may have producer numbers.</summary>
    public bool HasNumbers => _numbers != _data;

    /// <summary>Checks all bytes in advance.</summary>
    /// <exception cref="PackedFormatException">The bytes are not packed records, or in a format unknown to this version.</exception>
    public static PackedRecords Parse(ReadOnlyMemory<byte> bytes)
    {
        var span = bytes.Span;
        var reader = new PackedReader(span);
        var format = reader.ReadByte();
        if (format is not (Format or NumberedFormat))
            throw new PackedFormatException($"records of format {format} are not known here; formats {Format} and {NumberedFormat} are");
        var count = reader.ReadCount(LeastRecordBytes);
        var sizes = reader.Position;
        long keyBytes = 0, hashBytes = 0, dataBytes = 0;
        for (var i = 0; i < count; i++)
        {
            var key = reader.ReadVarint();
            var data = reader.ReadVarint();
            if (key > int.MaxValue || data >> 2 > int.MaxValue)
                throw PackedReader.Truncated();
            if ((data & 3) == 1)
                throw new PackedFormatException("a record has an explicit hash key that it does not carry");
            keyBytes += (long)key;
            hashBytes += (long)(data & 2) << 3;
            dataBytes += (long)(data >> 2);
        }

        var numberBytes = format == NumberedFormat ? (long)count * PackedNumber.Bytes : 0;
        if (keyBytes + hashBytes + numberBytes + dataBytes != reader.Left)
            throw new PackedFormatException($"the records need {keyBytes + hashBytes + numberBytes + dataBytes} bytes; there are {reader.Left}");
        var keys = reader.Position;
        var hashes = keys + (int)keyBytes;
        var numbers = hashes + (int)hashBytes;
        var records = new PackedRecords(bytes, count, sizes, keys, hashes, numbers, numbers + (int)numberBytes);
        records.CheckKeys();
        return records;
    }

    /// <summary>Returns the position of each record in a new array.</summary>
    public PackedPosition[] Positions()
    {
        var positions = new PackedPosition[Count];
        ReadPositions(positions);
        return positions;
    }

    /// <summary>Reads the position of each record.</summary>
    /// <param name="positions">The destination, of at least <see cref="Count"/> elements.</param>
    public void ReadPositions(Span<PackedPosition> positions)
    {
        var sizes = new PackedReader(Bytes.Span, _sizes);
        var (key, hash, number, data) = (0, _hashes, HasNumbers ? _numbers : 0, _data);
        foreach (ref var position in positions[..Count])
        {
            var (keyLength, size) = ((int)sizes.ReadVarint(), sizes.ReadVarint());
            position = new PackedPosition(key, keyLength, data, (int)(size >> 2), (size & 2) == 0 ? 0 : hash, (size & 1) != 0, number);
            key += keyLength;
            data += (int)(size >> 2);
            hash += (int)(size & 2) << 3;
            number += number == 0 ? 0 : PackedNumber.Bytes;
        }
    }

    public ReadOnlySpan<byte> KeyOf(scoped in PackedPosition position) => Bytes.Span.Slice(_keys + position.KeyStart, position.KeyLength);

    public ReadOnlyMemory<byte> DataOf(scoped in PackedPosition position) => Bytes.Slice(position.DataStart, position.DataLength);

    /// <summary>Reads a record's hash key. Valid only for a record that carries one.</summary>
    public UInt128 HashOf(scoped in PackedPosition position) => BinaryPrimitives.ReadUInt128BigEndian(Bytes.Span.Slice(position.HashStart, HashBytes));

    /// <summary>Reads a record's producer number; null where it has none.</summary>
    public PackedNumber? NumberOf(scoped in PackedPosition position)
    {
        if (position.NumberStart == 0)
            return null;
        var reader = new PackedReader(Bytes.Span, position.NumberStart);
        var producer = (ulong)reader.ReadInt64();
        var line = BinaryPrimitives.ReadInt32LittleEndian(reader.Read(sizeof(int)));
        return line == 0 ? null : new PackedNumber(producer, line, reader.ReadInt64());
    }

    /// <summary>Returns the record as its caller gave it; its data still refers to this message's memory.</summary>
    public UserRecord ToUserRecord(in PackedPosition position) =>
        new(Encoding.UTF8.GetString(KeyOf(position)), DataOf(position), position.IsExplicit ? HashOf(position) : null);

    public Enumerator GetEnumerator() => new(this);

    /// <summary>Checks that all keys together are UTF-8 and that each begins at a character boundary; then each key is UTF-8.</summary>
    private void CheckKeys()
    {
        var keys = Keys;
        if (Ascii.IsValid(keys))
            return;
        if (!Utf8.IsValid(keys))
            throw new PackedFormatException("a partition key is not UTF-8");
        var reader = new PackedReader(Bytes.Span, _sizes);
        for (int i = 0, start = 0; i < Count && start < keys.Length; i++)
        {
            if ((keys[start] & 0xC0) == 0x80)
                throw new PackedFormatException("a partition key begins within a character");
            start += (int)reader.ReadVarint();
            reader.ReadVarint();
        }
    }

    /// <summary>Enumerates the records in order.</summary>
    public ref struct Enumerator
    {
        private readonly PackedRecords _records;
        private readonly PackedPosition[] _positions;
        private int _index = -1;

        internal Enumerator(PackedRecords records) => (_records, _positions) = (records, records.Positions());

        public readonly PackedRecord Current => new(_records, _positions[_index]);

        public bool MoveNext() => ++_index < _positions.Length;
    }
}
