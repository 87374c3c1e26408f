using System.Buffers.Text;
using System.Globalization;
using System.Text;
using Orleans.Kpl.Deaggregation;

namespace Orleans.Kpl;

/// <summary>
/// Identifies one record of a stream that is ordered or has <c>ProducerNumbers</c>: all its copies have the same number, and no other record has it. It
/// is sent as a tag of the aggregate's record, which consumers that do not know it skip. A member without one has the number after its predecessor's.
/// </summary>
/// <param name="Producer">The producer of the stream: drawn at random when the producer starts.</param>
/// <param name="Line">The line: one of the sequences of numbers that the producer counts, about one for each shard.</param>
/// <param name="Number">The number in that line, from 0.</param>
public readonly record struct ProducerNumber(ulong Producer, int Line, long Number)
{
    /// <summary>The key of the tag. Its value is <c>PRODUCER.LINE.NUMBER</c>: sixteen hexadecimal digits, and two decimal numbers.</summary>
    public const string TagKey = "kpl.n";

    /// <summary>The largest size in bytes of a whole tag.</summary>
    internal const int LargestTag = 64;

    private const byte KeyTag = 1 << 3 | 2;
    private const byte ValueTag = 2 << 3 | 2;

    internal ProducerNumber Next => this with { Number = Number + 1 };

    /// <summary>Writes the tag as field 4 of an aggregate's record. Returns its size.</summary>
    internal int WriteTag(Span<byte> target)
    {
        Span<byte> value = stackalloc byte[LargestTag];
        Producer.TryFormat(value, out var length, "x16", CultureInfo.InvariantCulture);
        value[length++] = (byte)'.';
        Line.TryFormat(value[length..], out var digits, default, CultureInfo.InvariantCulture);
        value[length += digits] = (byte)'.';
        Number.TryFormat(value[++length..], out digits, default, CultureInfo.InvariantCulture);
        length += digits;

        var size = 2 + TagKey.Length + 2 + length;
        target[0] = AggregateFormat.TagsTag;
        target[1] = (byte)size;
        target[2] = KeyTag;
        target[3] = (byte)TagKey.Length;
        Encoding.ASCII.GetBytes(TagKey, target[4..]);
        target = target[(4 + TagKey.Length)..];
        target[0] = ValueTag;
        target[1] = (byte)length;
        value[..length].CopyTo(target[2..]);
        return 2 + size;
    }

    /// <summary>The tag's value.</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Producer:x16}.{Line}.{Number}");

    /// <summary>Reads a tag's content; null when it is another tag.</summary>
    internal static ProducerNumber? Read(ReadOnlySpan<byte> source, int start, int end)
    {
        ReadOnlySpan<byte> key = default, value = default;
        var fields = new WireReader(source, start, end);
        while (!fields.IsAtEnd && fields.TryReadField())
        {
            if (fields.Tag == KeyTag)
                key = source[fields.ValueStart..fields.Position];
            else if (fields.Tag == ValueTag)
                value = source[fields.ValueStart..fields.Position];
        }

        return Ascii.Equals(key, TagKey) ? Parse(value) : null;
    }

    /// <summary>Reads the value of a tag, <c>PRODUCER.LINE.NUMBER</c>.</summary>
    /// <param name="text">The text that <see cref="ToString"/> gives.</param>
    public static bool TryParse(string? text, out ProducerNumber number)
    {
        var read = text is null ? null : Parse(Encoding.UTF8.GetBytes(text));
        number = read ?? default;
        return read is not null;
    }

    private static ProducerNumber? Parse(ReadOnlySpan<byte> value)
    {
        if (!Utf8Parser.TryParse(value, out ulong producer, out var used, 'x') || !SkipPoint(ref value, used)
            || !Utf8Parser.TryParse(value, out int line, out used) || !SkipPoint(ref value, used)
            || !Utf8Parser.TryParse(value, out long number, out used) || used != value.Length)
            return null;
        return new ProducerNumber(producer, line, number);
    }

    private static bool SkipPoint(ref ReadOnlySpan<byte> value, int used)
    {
        if (used >= value.Length || value[used] != '.')
            return false;
        value = value[(used + 1)..];
        return true;
    }
}
