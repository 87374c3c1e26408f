using System.Buffers.Text;
using System.Text;

namespace Orleans.Kpl.LocalKinesis.Store;

/// <summary>
/// A sequence number: 56 digits made of fields of fixed width, so that digits compare as the fields do. <c>49</c>, then the shard's
/// birth (13 digits, larger in a child than in its parents), a counter (18), the arrival in Unix milliseconds (13), the shard's index (10).
/// </summary>
internal readonly record struct SequenceNumber(long Birth, long Counter, long ArrivalMs, int ShardIndex) : IComparable<SequenceNumber>
{
    public const int Digits = 56;

    public int CompareTo(SequenceNumber other)
    {
        var order = Birth.CompareTo(other.Birth);
        if (order == 0) order = Counter.CompareTo(other.Counter);
        if (order == 0) order = ArrivalMs.CompareTo(other.ArrivalMs);
        return order == 0 ? ShardIndex.CompareTo(other.ShardIndex) : order;
    }

    /// <summary>Writes the 56 digits.</summary>
    public void Format(Span<byte> destination)
    {
        "49"u8.CopyTo(destination);
        Utf8Formatter.TryFormat(Birth, destination[2..], out _, new('D', 13));
        Utf8Formatter.TryFormat(Counter, destination[15..], out _, new('D', 18));
        Utf8Formatter.TryFormat(ArrivalMs, destination[33..], out _, new('D', 13));
        Utf8Formatter.TryFormat(ShardIndex, destination[46..], out _, new('D', 10));
    }

    public override string ToString()
    {
        Span<byte> digits = stackalloc byte[Digits];
        Format(digits);
        return Encoding.ASCII.GetString(digits);
    }

    /// <summary>Reads a number that this endpoint could have given out.</summary>
    public static bool TryParse(string text, out SequenceNumber number)
    {
        number = default;
        if (text.Length != Digits || !text.StartsWith("49", StringComparison.Ordinal) || text.AsSpan().ContainsAnyExceptInRange('0', '9'))
            return false;
        var index = long.Parse(text.AsSpan(46));
        if (index > int.MaxValue) return false;
        number = new(long.Parse(text.AsSpan(2, 13)), long.Parse(text.AsSpan(15, 18)), long.Parse(text.AsSpan(33, 13)), (int)index);
        return true;
    }
}
