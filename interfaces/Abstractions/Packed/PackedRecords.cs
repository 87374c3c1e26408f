using System.Buffers.Binary;
using System.Text;
using System.Text.Unicode;

namespace Orleans.Kpl.Packed;

/// <summary>
/// Many records in one piece of memory, column by column, so that their keys stand together for hashing. Nothing is copied:
/// a view of it reads the memory it was made from.
/// </summary>
/// <remarks>
/// Format 1: <c>1, varint count, count × (varint keyBytes, varint dataBytes &lt;&lt; 2 | hasHash &lt;&lt; 1 | isExplicit), keys, hashes
/// (16 bytes, big endian, of those that have one), data</c>, and nothing after it. Keys are UTF-8; whether a key or a size is
/// what Kinesis takes is not judged here.
/// </remarks>
internal readonly struct PackedRecords
{
    public const byte Format = 1;

    /// <summary>Bytes of a record at least: its two numbers.</summary>
    private const int LeastRecordBytes = 2;

    private const int HashBytes = 16;

    private readonly ReadOnlyMemory<byte> _bytes;
    private readonly int _sizes;
    private readonly int _keys;
    private readonly int _hashes;
    private readonly int _data;

    private PackedRecords(ReadOnlyMemory<byte> bytes, int count, int sizes, int keys, int hashes, int data)
    {
        _bytes = bytes;
        Count = count;
        _sizes = sizes;
        _keys = keys;
        _hashes = hashes;
        _data = data;
    }

    /// <summary>How many records there are.</summary>
    public int Count { get; }

    /// <summary>The whole message.</summary>
    public ReadOnlyMemory<byte> Bytes => _bytes;

    /// <summary>The keys of all records as UTF-8, one after the other.</summary>
    public ReadOnlySpan<byte> Keys => _bytes.Span[_keys.._hashes];

    /// <summary>Bytes of data of all records.</summary>
    public int DataBytes => _bytes.Length - _data;

    /// <summary>Checks the bytes once and for all.</summary>
    /// <exception cref="PackedFormatException">They are no packed records, or of a format that is not known here.</exception>
    public static PackedRecords Parse(ReadOnlyMemory<byte> bytes)
    {
        var span = bytes.Span;
        var reader = new PackedReader(span);
        var format = reader.ReadByte();
        if (format != Format)
            throw new PackedFormatException($"records of format {format} are not known here; format {Format} is");
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

        if (keyBytes + hashBytes + dataBytes != reader.Left)
            throw new PackedFormatException($"the records need {keyBytes + hashBytes + dataBytes} bytes; there are {reader.Left}");
        var keys = reader.Position;
        var hashes = keys + (int)keyBytes;
        var records = new PackedRecords(bytes, count, sizes, keys, hashes, hashes + (int)hashBytes);
        records.CheckKeys();
        return records;
    }

    /// <summary>Where each key ends within <see cref="Keys"/>, in order.</summary>
    /// <param name="ends">At least <see cref="Count"/>.</param>
    public void ReadKeyEnds(Span<int> ends)
    {
        ends = ends[..Count];
        var reader = new PackedReader(_bytes.Span, _sizes);
        var end = 0;
        for (var i = 0; i < ends.Length; i++)
        {
            end += (int)reader.ReadVarint();
            ends[i] = end;
            reader.ReadVarint();
        }
    }

    /// <summary>The hash keys of those records that carry one; the places of others stay as they are.</summary>
    /// <param name="hashes">At least <see cref="Count"/>.</param>
    /// <returns>How many carry one.</returns>
    public int ReadHashes(Span<UInt128> hashes)
    {
        if (_hashes == _data)
            return 0;
        var read = 0;
        var index = 0;
        foreach (var record in this)
        {
            if (record.Place.HasHash)
            {
                hashes[index] = HashOf(record.Place);
                read++;
            }

            index++;
        }

        return read;
    }

    /// <summary>Where each record stands, in an array of its own.</summary>
    public PackedPlace[] Places()
    {
        var places = new PackedPlace[Count];
        ReadPlaces(places);
        return places;
    }

    /// <summary>Where each record stands.</summary>
    /// <param name="places">At least <see cref="Count"/>.</param>
    public void ReadPlaces(Span<PackedPlace> places)
    {
        var index = 0;
        foreach (var record in this)
            places[index++] = record.Place;
    }

    public ReadOnlySpan<byte> KeyOf(scoped in PackedPlace place) => _bytes.Span.Slice(_keys + place.KeyStart, place.KeyLength);

    public ReadOnlyMemory<byte> DataOf(scoped in PackedPlace place) => _bytes.Slice(place.DataStart, place.DataLength);

    /// <summary>Only for a record that carries its hash key.</summary>
    public UInt128 HashOf(scoped in PackedPlace place) => BinaryPrimitives.ReadUInt128BigEndian(_bytes.Span.Slice(place.HashStart, HashBytes));

    /// <summary>The record as its caller gave it; its data is still this message's memory.</summary>
    public UserRecord ToUserRecord(in PackedPlace place) =>
        new(Encoding.UTF8.GetString(KeyOf(place)), DataOf(place), place.IsExplicit ? HashOf(place) : null);

    public Enumerator GetEnumerator() => new(this);

    /// <summary>All keys at once are UTF-8, and each begins with a character: then each of them is UTF-8.</summary>
    private void CheckKeys()
    {
        var keys = Keys;
        if (Ascii.IsValid(keys))
            return;
        if (!Utf8.IsValid(keys))
            throw new PackedFormatException("a partition key is not UTF-8");
        var reader = new PackedReader(_bytes.Span, _sizes);
        for (int i = 0, start = 0; i < Count && start < keys.Length; i++)
        {
            if ((keys[start] & 0xC0) == 0x80)
                throw new PackedFormatException("a partition key begins within a character");
            start += (int)reader.ReadVarint();
            reader.ReadVarint();
        }
    }

    /// <summary>Goes through the records in order.</summary>
    public ref struct Enumerator
    {
        private readonly PackedRecords _records;
        private PackedReader _sizes;
        private PackedPlace _place;
        private int _left;
        private int _nextHash;

        internal Enumerator(PackedRecords records)
        {
            _records = records;
            _sizes = new PackedReader(records._bytes.Span, records._sizes);
            _left = records.Count;
            _nextHash = records._hashes;
            _place = new PackedPlace(0, 0, records._data, 0, 0, false);
        }

        public readonly PackedRecord Current => new(_records, _place);

        public bool MoveNext()
        {
            if (--_left < 0)
                return false;
            var keyLength = (int)_sizes.ReadVarint();
            var data = _sizes.ReadVarint();
            var hash = (data & 2) == 0 ? 0 : _nextHash;
            _nextHash += (int)(data & 2) << 3;
            _place = new PackedPlace(
                _place.KeyStart + _place.KeyLength, keyLength, _place.DataStart + _place.DataLength, (int)(data >> 2), hash, (data & 1) != 0);
            return true;
        }
    }
}
