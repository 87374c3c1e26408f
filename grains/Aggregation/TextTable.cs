using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using Orleans.Kpl.Aggregation.Buffers;
using Orleans.Kpl.Deaggregation;

namespace Orleans.Kpl.Aggregation;

/// <summary>
/// One of an aggregate's two tables: distinct texts in the order they came, encoded as they will be sent (tag, length, text). A struct that
/// its owner keeps in a field and never copies. It holds no memory while it is empty.
/// </summary>
/// <remarks>
/// An open hash table with groups of sixteen slots finds the texts. A slot is a mark (one byte: seven bits of the hash, or 0 when free) and
/// an entry. All marks of a group are compared at once, so that the search takes the same branches whether a group is empty or not.
/// </remarks>
internal struct TextTable(byte tag)
{
    /// <summary>The most bytes that an encoded text of up to 16,383 bytes takes besides its own.</summary>
    public const int MostOverhead = 3;

    private const int SmallestText = 256;
    private const int FewestSlots = 32;
    private const int GroupSize = 16;

    private readonly byte _tag = tag;
    private byte[]? _text;

    // Marks, then an entry for each: the text's index in the upper half, its position in _text in the lower one.
    private byte[]? _slots;
    private int _slotCount;
    private int _slotHint;
    private int _textHint;

    /// <summary>The number of texts, which is also the index of the next new one.</summary>
    public int Count { get; private set; }

    /// <summary>The encoded size in bytes.</summary>
    public int Size { get; private set; }

    public readonly ReadOnlySpan<byte> Encoded => new(_text, 0, Size);

    private readonly ref byte Marks => ref MemoryMarshal.GetArrayDataReference(_slots!);

    private readonly ref ulong Entries => ref Unsafe.As<byte, ulong>(ref Unsafe.Add(ref Marks, _slotCount));

    /// <summary>How many bytes a new text of this length takes.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int SizeOf(int textLength) => 1 + AggregateFormat.VarintSize((uint)textLength) + textLength;

    /// <summary>Announces that this many bytes will be added: an empty table reserves space for all of them with the first text.</summary>
    public void Expect(int size) => _textHint = Math.Max(_textHint, size);

    /// <summary>The index of a text; or -1, and the free slot that <see cref="Add"/> takes.</summary>
    public int Find(ReadOnlySpan<byte> text, ulong hash, out int freeSlot)
    {
        freeSlot = -1;
        if (Count == 0)
            return -1;
        // The first text gets a slot when a second one comes: most tables of a quiet stream never have two.
        if (_slots is null)
            MakeSlots(Math.Max(FewestSlots, _slotHint));

        ref var marks = ref Marks;
        var mark = Vector128.Create(MarkOf(hash));
        for (var group = GroupOf(hash); ; group = (group + GroupSize) & (_slotCount - 1))
        {
            var there = Vector128.LoadUnsafe(ref marks, (nuint)group);
            for (var same = Vector128.Equals(there, mark).ExtractMostSignificantBits(); same != 0; same &= same - 1)
            {
                var entry = Unsafe.Add(ref Entries, group + BitOperations.TrailingZeroCount(same));
                if (TextAt((int)entry, out _).SequenceEqual(text))
                    return (int)(entry >> 32);
            }
            var free = ~there.ExtractMostSignificantBits() & ushort.MaxValue;
            if (free != 0)
            {
                freeSlot = group + BitOperations.TrailingZeroCount(free);
                return -1;
            }
        }
    }

    /// <summary>Adds a text that <see cref="Find"/> did not find.</summary>
    public void Add(ReadOnlySpan<byte> text, ulong hash, int freeSlot)
    {
        var offset = Size;
        var end = offset + SizeOf(text.Length);
        if (_text is null || end > _text.Length)
            GrowText(end);

        ref var target = ref Unsafe.Add(ref MemoryMarshal.GetArrayDataReference(_text), offset);
        target = _tag;
        target = ref AggregateFormat.WriteVarint(ref Unsafe.Add(ref target, 1), (uint)text.Length);
        text.CopyTo(MemoryMarshal.CreateSpan(ref target, text.Length));
        Size = end;
        Count++;
        if (freeSlot < 0)
            return;
        if (Count * 4 > _slotCount * 3)
            MakeSlots(_slotCount * 2);
        else
            Take(freeSlot, hash, Count - 1, offset);
    }

    /// <summary>Returns all memory to the pool.</summary>
    public void Clear()
    {
        // The next aggregate reserves at once what the last one needed; after one that was much larger than the rest, less with each.
        _slotHint = Count * 4 < _slotCount ? _slotCount / 2 : _slotCount;
        _textHint = Size;
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

    private static byte MarkOf(ulong hash) => (byte)(hash >> 57 | 0x80);

    private readonly int GroupOf(ulong hash) => (int)hash & (_slotCount - GroupSize);

    private readonly void Take(int slot, ulong hash, int index, int offset)
    {
        Unsafe.Add(ref Marks, slot) = MarkOf(hash);
        Unsafe.Add(ref Entries, slot) = (ulong)index << 32 | (uint)offset;
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
        _slots = BufferPool.Rent(count * (1 + sizeof(ulong)));
        _slotCount = count;
        MemoryMarshal.CreateSpan(ref Marks, count).Clear();
        for (int index = 0, offset = 0; index < Count; index++)
        {
            var hash = TextHash.Of(TextAt(offset, out var end));
            Take(FreeSlot(hash), hash, index, offset);
            offset = end;
        }
    }

    private readonly int FreeSlot(ulong hash)
    {
        for (var group = GroupOf(hash); ; group = (group + GroupSize) & (_slotCount - 1))
        {
            var free = ~Vector128.LoadUnsafe(ref Marks, (nuint)group).ExtractMostSignificantBits() & ushort.MaxValue;
            if (free != 0)
                return group + BitOperations.TrailingZeroCount(free);
        }
    }

    [MemberNotNull(nameof(_text))]
    private void GrowText(int needed)
    {
        var larger = BufferPool.Rent(Math.Max(needed, Math.Max(SmallestText, _text is null ? _textHint : Size * 2)));
        Encoded.CopyTo(larger);
        if (_text is not null)
            BufferPool.Return(_text);
        _text = larger;
    }
}
