using System.Diagnostics;
using System.Runtime.InteropServices;

namespace Orleans.Kpl.Pipeline.Aggregation;

/// <summary>
/// One of an aggregate's two tables: distinct texts in the order they came, encoded as they will be sent (tag, length, text). A struct
/// that its owner keeps in a field and never copies. It holds no memory while it is empty.
/// </summary>
internal struct TextTable(byte tag)
{
    private const int SmallestText = 256;
    private const int FewestSlots = 32;

    // Slot: 0 when free, else the hash's upper 20 bits, the text's index + 1 (20 bits) and where its entry starts (24 bits). That is
    // room for every table of an aggregate of up to 10 MiB: with the records that name them, a million distinct texts take more.
    private const int OffsetBits = 24;
    private const int IndexBits = 20;
    private const ulong TagMask = ~0UL << (OffsetBits + IndexBits);
    private const int MaxTexts = (1 << IndexBits) - 2;

    private readonly byte _tag = tag;
    private byte[]? _text;
    private byte[]? _slots;
    private int _slotCount;
    private int _slotHint;

    /// <summary>How many texts there are; the index that the next new one gets.</summary>
    public int Count { get; private set; }

    /// <summary>The encoded size in bytes.</summary>
    public int Size { get; private set; }

    public readonly ReadOnlySpan<byte> Encoded => new(_text, 0, Size);

    /// <summary>Whether no further text can be added.</summary>
    public readonly bool IsFull => Count >= MaxTexts || Size >= 1 << OffsetBits;

    /// <summary>How many bytes a new text of this length takes.</summary>
    public static int SizeOf(int textLength) => 1 + AggregateFormat.VarintSize((uint)textLength) + textLength;

    /// <summary>The index of a text, or -1.</summary>
    public int Find(ReadOnlySpan<byte> text, ulong hash)
    {
        if (Count == 0)
            return -1;
        // The first text is put into slots when a second one comes: most tables of a quiet stream never have two.
        if (_slots is null)
            MakeSlots(Math.Max(FewestSlots, _slotHint));

        var slots = Slots;
        var mask = slots.Length - 1;
        for (var i = (int)hash & mask; ; i = (i + 1) & mask)
        {
            var slot = slots[i];
            if (slot == 0)
                return -1;
            if (((slot ^ hash) & TagMask) == 0 && TextAt((int)(slot & ((1 << OffsetBits) - 1)), out _).SequenceEqual(text))
                return (int)(slot >> OffsetBits & ((1 << IndexBits) - 1)) - 1;
        }
    }

    /// <summary>Adds a text that <see cref="Find"/> did not find.</summary>
    public void Add(ReadOnlySpan<byte> text, ulong hash)
    {
        var offset = Size;
        var end = offset + SizeOf(text.Length);
        if (_text is null || end > _text.Length)
            GrowText(end);

        var target = _text.AsSpan();
        target[offset] = _tag;
        text.CopyTo(target[AggregateFormat.WriteVarint(target, offset + 1, (uint)text.Length)..]);
        Size = end;
        Count++;
        if (_slots is null)
            return;
        if (Count * 4 > _slotCount * 3)
            MakeSlots(_slotCount * 2);
        else
            Insert(Slots, offset, Count - 1, hash);
    }

    /// <summary>Gives all memory back.</summary>
    public void Clear()
    {
        _slotHint = _slots is null ? 0 : _slotCount;
        if (_text is not null)
            BufferPool.Return(_text);
        if (_slots is not null)
            BufferPool.Return(_slots);
        _text = null;
        _slots = null;
        _slotCount = 0;
        Count = 0;
        Size = 0;
    }

    private readonly Span<ulong> Slots => MemoryMarshal.Cast<byte, ulong>(_slots.AsSpan())[.._slotCount];

    private static void Insert(Span<ulong> slots, int offset, int index, ulong hash)
    {
        var mask = slots.Length - 1;
        var i = (int)hash & mask;
        while (slots[i] != 0)
            i = (i + 1) & mask;
        slots[i] = hash & TagMask | (ulong)(index + 1) << OffsetBits | (uint)offset;
    }

    private readonly ReadOnlySpan<byte> TextAt(int offset, out int end)
    {
        Debug.Assert(_text is not null && _text[offset] == _tag);
        var position = offset + 1;
        var length = (int)AggregateFormat.ReadVarint(_text, ref position);
        end = position + length;
        return _text.AsSpan(position, length);
    }

    private void MakeSlots(int count)
    {
        if (_slots is not null)
            BufferPool.Return(_slots);
        _slots = BufferPool.Rent(count * sizeof(ulong));
        _slotCount = count;
        var slots = Slots;
        slots.Clear();
        for (int index = 0, offset = 0; index < Count; index++)
        {
            var text = TextAt(offset, out var end);
            Insert(slots, offset, index, TextHash.Of(text));
            offset = end;
        }
    }

    private void GrowText(int needed)
    {
        var larger = BufferPool.Rent(Math.Max(needed, Math.Max(SmallestText, Size * 2)));
        Encoded.CopyTo(larger);
        if (_text is not null)
            BufferPool.Return(_text);
        _text = larger;
    }
}
