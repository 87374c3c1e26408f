namespace Orleans.Kpl.Deaggregation;

/// <summary>Reads protobuf fields from bytes that may be damaged. Never reads past the end, never throws.</summary>
internal ref struct WireReader(ReadOnlySpan<byte> source, int position, int end)
{
    private const int VarintType = 0;
    private const int Fixed64Type = 1;
    private const int LengthDelimitedType = 2;
    private const int StartGroupType = 3;
    private const int EndGroupType = 4;
    private const int Fixed32Type = 5;
    private const int DeepestGroup = 64;

    private readonly ReadOnlySpan<byte> _source = source;

    public int Position { get; private set; } = position;

    public int End { get; } = end;

    public readonly bool IsAtEnd => Position >= End;

    /// <summary>The offset at which the value of the last field read starts: behind its length where it has one.</summary>
    public int ValueStart { get; private set; }

    /// <summary>The value of the last number field read.</summary>
    public ulong Number { get; private set; }

    /// <summary>The tag of the last field read.</summary>
    public ulong Tag { get; private set; }

    /// <summary>Reads the whole next field. Afterwards <see cref="Position"/> is where its value ends.</summary>
    public bool TryReadField() => TryReadVarint(out var tag) && TryReadValue(tag, 0);

    private bool TryReadValue(ulong tag, int depth)
    {
        Tag = tag;
        ValueStart = Position;
        if (tag >>> 3 is 0 or > 0x1fffffff)
            return false;
        switch ((int)tag & 7)
        {
            case VarintType:
                var read = TryReadVarint(out var number);
                Number = number;
                return read;
            case Fixed64Type:
                return TrySkip(8);
            case Fixed32Type:
                return TrySkip(4);
            case LengthDelimitedType:
                if (!TryReadVarint(out var length))
                    return false;
                ValueStart = Position;
                return TrySkip(length);
            case StartGroupType:
                return depth < DeepestGroup && TrySkipGroup(tag, depth);
            default:
                return false;
        }
    }

    // Groups are an old kind of nested message; nobody writes them here, but an unknown field may be one.
    private bool TrySkipGroup(ulong startTag, int depth)
    {
        var start = ValueStart;
        while (TryReadVarint(out var tag))
        {
            if (tag == (startTag & ~7UL | EndGroupType))
            {
                Tag = startTag;
                ValueStart = start;
                return true;
            }
            if (!TryReadValue(tag, depth + 1))
                return false;
        }
        return false;
    }

    private bool TrySkip(ulong count)
    {
        if (count > (ulong)(End - Position))
            return false;
        Position += (int)count;
        return true;
    }

    private bool TryReadVarint(out ulong value)
    {
        value = 0;
        for (var shift = 0; shift < 70; shift += 7)
        {
            if (Position >= End)
                return false;
            var part = _source[Position++];
            value |= (ulong)(part & 0x7f) << shift;
            if (part < 0x80)
                return true;
        }
        return false;
    }
}
