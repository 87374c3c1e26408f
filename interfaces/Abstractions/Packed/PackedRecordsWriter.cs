namespace Orleans.Kpl.Packed;

/// <summary>Packs records for <see cref="PackedRecords"/>. Reused: a steady flow allocates only the messages.</summary>
internal sealed class PackedRecordsWriter
{
    /// <summary>
    /// The maximum size in bytes of a message with more than one record: arrays of 85,000 bytes or more are allocated on the large-object heap.
    /// </summary>
    public const int DefaultMaxBytes = 64 << 10;

    private readonly int _maxBytes;
    private readonly int _mostKept;
    private PackedBuffer _head = new();
    private PackedBuffer _sizes = new();
    private PackedBuffer _keys = new();
    private PackedBuffer _hashes = new();
    private PackedBuffer _numbers = new();
    private PackedBuffer _data = new();

    /// <param name="maxBytes">The maximum size in bytes of a message with more than one record.</param>
    /// <param name="mostKept">The bytes of each column that are kept for the next message.</param>
    public PackedRecordsWriter(int maxBytes = DefaultMaxBytes, int mostKept = PackedBuffer.MostRoomKept)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(maxBytes);
        _maxBytes = maxBytes;
        _mostKept = mostKept;
    }

    /// <summary>The number of records added since the last <see cref="Reset"/>.</summary>
    public int Count { get; private set; }

    /// <summary>The current size of the message in bytes.</summary>
    public int Bytes => (int)SizeWith(Count);

    /// <summary>Makes room for so much data at once, where that is known.</summary>
    public void Reserve(int dataBytes) => _data.Reserve(dataBytes);

    /// <summary>Adds a record; false when the message would grow too large. An empty message takes a record of any size.</summary>
    /// <param name="key">The partition key; half a surrogate pair becomes U+FFFD, as on every path a record can take.</param>
    /// <param name="data">The payload; copied.</param>
    /// <param name="hash">The hash key to carry; null for none.</param>
    /// <param name="number">The producer number to carry; null for none.</param>
    public bool TryAdd(string key, ReadOnlySpan<byte> data, UInt128? hash = null, bool isExplicit = false, PackedNumber? number = null)
    {
        if (Count > 0 && SizeWith(Count + 1) + key.Length + data.Length > _maxBytes)
            return false;
        var mark = new Mark(this);
        var keyBytes = _keys.WriteUtf8(key);
        return TryFinish(mark, keyBytes, data, hash, isExplicit, number);
    }

    /// <summary>Adds a record whose partition key is already UTF-8; copies key and data. False when the message would grow too large.</summary>
    /// <param name="hash">The hash key to carry; null for none.</param>
    /// <param name="number">The producer number to carry; null for none.</param>
    public bool TryAdd(ReadOnlySpan<byte> key, ReadOnlySpan<byte> data, UInt128? hash = null, bool isExplicit = false, PackedNumber? number = null)
    {
        if (Count > 0 && SizeWith(Count + 1) + key.Length + data.Length > _maxBytes)
            return false;
        var mark = new Mark(this);
        _keys.Write(key);
        return TryFinish(mark, key.Length, data, hash, isExplicit, number);
    }

    /// <summary>Returns the message in a new array.</summary>
    public byte[] ToArray()
    {
        var message = GC.AllocateUninitializedArray<byte>(checked((int)SizeWith(Count)));
        CopyTo(message);
        return message;
    }

    /// <summary>Copies the message into the caller's memory.</summary>
    /// <param name="space">The destination, of at least <see cref="Bytes"/> bytes.</param>
    public void CopyTo(Span<byte> space)
    {
        _head.Clear();
        _head.Write(_numbers.Length == 0 ? PackedRecords.Format : PackedRecords.NumberedFormat);
        _head.WriteVarint((uint)Count);
        Append(_head.Written, ref space);
        Append(_sizes.Written, ref space);
        Append(_keys.Written, ref space);
        Append(_hashes.Written, ref space);
        Append(_numbers.Written, ref space);
        Append(_data.Written, ref space);
    }

    /// <summary>Begins the next message.</summary>
    public void Reset()
    {
        Count = 0;
        _sizes.Clear(_mostKept);
        _keys.Clear(_mostKept);
        _hashes.Clear(_mostKept);
        _numbers.Clear(_mostKept);
        _data.Clear(_mostKept);
    }

    private bool TryFinish(Mark mark, int keyBytes, ReadOnlySpan<byte> data, UInt128? hash, bool isExplicit, PackedNumber? number = null)
    {
        if (isExplicit && hash is null)
            throw new ArgumentException("an explicit hash key must be given", nameof(hash));
        _sizes.WriteVarint((uint)keyBytes);
        _sizes.WriteVarint(((ulong)data.Length << 2) | (hash is null ? 0UL : 2) | (isExplicit ? 1UL : 0));
        if (hash is { } carried)
            _hashes.WriteUInt128BigEndian(carried);
        if (number is not null || _numbers.Length > 0)
            WriteNumber(number ?? default);
        if (Count > 0 && SizeWith(Count + 1) + data.Length > _maxBytes)
        {
            mark.TakeBack(this);
            return false;
        }

        _data.Write(data);
        Count++;
        return true;
    }

    /// <summary>Writes a record's number; those before it that have none get their empty places with the first one.</summary>
    private void WriteNumber(PackedNumber number)
    {
        if (_numbers.Length == 0)
            _numbers.WriteZeros(Count * PackedNumber.Bytes);
        _numbers.WriteInt64((long)number.Producer);
        _numbers.WriteInt32(number.Line);
        _numbers.WriteInt64(number.Number);
    }

    private long SizeWith(int count) =>
        1L + PackedBuffer.SizeOfVarint((uint)count) + _sizes.Length + _keys.Length + _hashes.Length + _numbers.Length + _data.Length;

    private static void Append(ReadOnlySpan<byte> bytes, ref Span<byte> space)
    {
        bytes.CopyTo(space);
        space = space[bytes.Length..];
    }

    private readonly struct Mark(PackedRecordsWriter writer)
    {
        private readonly int _sizes = writer._sizes.Length;
        private readonly int _keys = writer._keys.Length;
        private readonly int _hashes = writer._hashes.Length;
        private readonly int _numbers = writer._numbers.Length;

        public void TakeBack(PackedRecordsWriter writer)
        {
            writer._sizes.Truncate(_sizes);
            writer._keys.Truncate(_keys);
            writer._hashes.Truncate(_hashes);
            writer._numbers.Truncate(_numbers);
        }
    }
}
