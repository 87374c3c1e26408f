using System.Buffers.Binary;
using System.Text;

namespace Orleans.Kpl.Aws.Wire.Cbor;

/// <summary>
/// Reads CBOR as services write it (RFC 8949): lengths definite or not, tags skipped, members in any order. For any input it takes time in
/// proportion to the input's length and a bounded stack. Malformed, truncated or too deeply nested input is a <see cref="FormatException"/>.
/// </summary>
internal ref struct CborReader(ReadOnlySpan<byte> data)
{
    /// <summary>How deeply skipped values may be nested; the same as with JSON.</summary>
    public const int DeepestNesting = 64;

    private const int Unsigned = 0, Negative = 1, ByteString = 2, TextString = 3, Array = 4, Map = 5, Tag = 6;
    private const byte Null = 0xF6, Undefined = 0xF7, Break = 0xFF;
    private const int IndefiniteLength = 31;

    private static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    private readonly ReadOnlySpan<byte> _data = data;
    private int _at;

    /// <summary>
    /// Whether an answer is CBOR rather than text: it begins with a map, or with a tag before a map. The first byte is more reliable than the
    /// media type from a proxy, and no text begins with such a byte.
    /// </summary>
    public static bool IsCbor(ReadOnlySpan<byte> body) => !body.IsEmpty && body[0] >> 5 is Map or Tag;

    /// <summary>Enters a map.</summary>
    public CborItems ReadMap() => ReadStart(Map, "a map");

    /// <summary>Enters an array; null counts as an empty array.</summary>
    public CborItems ReadArray() => TryReadNull() ? CborItems.Definite(0) : ReadStart(Array, "an array");

    /// <summary>Moves to the next item of an array, or to the name of the next member of a map; false at the end.</summary>
    public bool Next(ref CborItems items)
    {
        if (!items.IsIndefinite)
            return items.TryTake();
        if (Peek() != Break)
            return true;
        _at++;
        return false;
    }

    /// <summary>Reads the name of a member, in UTF-8. A name that is not text is skipped and returned empty: no reader knows it.</summary>
    public ReadOnlySpan<byte> ReadName()
    {
        SkipTags();
        if (Peek() >> 5 == TextString)
            return ReadBytes(TextString);
        Skip();
        return default;
    }

    /// <summary>Reads a text; null for a CBOR null.</summary>
    public string? ReadString() => TryReadNull() ? null : Strict.GetString(ReadTextBytes());

    /// <summary>Reads a text through a cache; null for a CBOR null.</summary>
    public string? ReadCached(TextCache cache) => TryReadNull() ? null : cache.Get(ReadTextBytes());

    /// <summary>Skips a value of any type.</summary>
    public void Skip() => Skip(0);

    private void Skip(int depth)
    {
        if (depth > DeepestNesting)
            throw new FormatException($"The answer is nested more than {DeepestNesting} deep.");
        SkipTags();
        var (type, info) = ReadHead();
        switch (type)
        {
            case Unsigned or Negative:
                ReadArgument(info);
                break;
            case ByteString or TextString when info == IndefiniteLength:
                while (NextChunk(type, out _))
                {
                }

                break;
            case ByteString or TextString:
                Take(ReadArgument(info));
                break;
            case Array or Map:
                var items = Items(info);
                while (Next(ref items))
                {
                    Skip(depth + 1);
                    if (type == Map)
                        Skip(depth + 1);
                }

                break;
            default:
                // A simple value or a float; a break outside of an item of indefinite length is neither.
                ReadArgument(info);
                break;
        }
    }

    private CborItems ReadStart(int expected, string what)
    {
        SkipTags();
        var (type, info) = ReadHead();
        return type == expected ? Items(info) : throw Unexpected(what, type);
    }

    private CborItems Items(int info) => info == IndefiniteLength ? CborItems.Indefinite() : CborItems.Definite(ReadArgument(info));

    private ReadOnlySpan<byte> ReadTextBytes()
    {
        SkipTags();
        return ReadBytes(TextString);
    }

    /// <summary>Reads a string in place; joins the chunks of a string that comes in chunks.</summary>
    private ReadOnlySpan<byte> ReadBytes(int expected)
    {
        var (type, info) = ReadHead();
        if (type != expected)
            throw Unexpected("text", type);
        if (info != IndefiniteLength)
            return Take(ReadArgument(info));

        var whole = new List<byte>();
        while (NextChunk(type, out var chunk))
            whole.AddRange(chunk);
        return whole.ToArray();
    }

    /// <summary>Reads the next chunk of a string of indefinite length; a chunk has a definite length and the same type.</summary>
    private bool NextChunk(int expected, out ReadOnlySpan<byte> chunk)
    {
        chunk = default;
        if (Peek() == Break)
        {
            _at++;
            return false;
        }

        var (type, info) = ReadHead();
        if (type != expected)
            throw Unexpected("a chunk of a string", type);
        chunk = Take(ReadArgument(info));
        return true;
    }

    private bool TryReadNull()
    {
        SkipTags();
        if (Peek() is not (Null or Undefined))
            return false;
        _at++;
        return true;
    }

    private void SkipTags()
    {
        while (Peek() >> 5 == Tag)
            ReadArgument(ReadHead().Info);
    }

    private (int Type, int Info) ReadHead()
    {
        var head = Peek();
        _at++;
        return (head >> 5, head & 31);
    }

    /// <summary>Reads the number in a head: a value, a length, a count, or the bytes of a float.</summary>
    private ulong ReadArgument(int info) => info switch
    {
        < 24 => (ulong)info,
        24 => Take(1)[0],
        25 => BinaryPrimitives.ReadUInt16BigEndian(Take(2)),
        26 => BinaryPrimitives.ReadUInt32BigEndian(Take(4)),
        27 => BinaryPrimitives.ReadUInt64BigEndian(Take(8)),
        _ => throw new FormatException($"The answer has a head that CBOR does not know before byte {_at}."),
    };

    private ReadOnlySpan<byte> Take(ulong length)
    {
        if (length > (ulong)(_data.Length - _at))
            throw CutOff();
        var taken = _data.Slice(_at, (int)length);
        _at += (int)length;
        return taken;
    }

    private readonly byte Peek() => _at < _data.Length ? _data[_at] : throw CutOff();

    private readonly FormatException CutOff() => new($"The answer ends within an item, after {_data.Length} bytes.");

    private readonly FormatException Unexpected(string what, int type) =>
        new($"{what} was expected where the answer has CBOR's type {type}, before byte {_at}.");
}

/// <summary>Reads the answer of one operation; the reader is before the map. Members may come in any order; unknown members are skipped.</summary>
internal delegate T CborReplyReader<out T>(ref CborReader cbor);

/// <summary>Counts the items of an array, or the members of a map, that are still to be read.</summary>
internal struct CborItems
{
    private ulong _left;

    /// <summary>Makes a count that the head states.</summary>
    public static CborItems Definite(ulong count) => new() { _left = count };

    /// <summary>Makes a count of all items before the break.</summary>
    public static CborItems Indefinite() => new() { IsIndefinite = true };

    public bool IsIndefinite { get; private init; }

    /// <summary>Counts one item; false when the head's count is used up.</summary>
    public bool TryTake()
    {
        if (_left == 0)
            return false;
        _left--;
        return true;
    }
}
