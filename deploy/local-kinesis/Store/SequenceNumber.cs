using System.Globalization;

namespace Orleans.Kpl.LocalKinesis.Store;

/// <summary>
/// A sequence number: 56 digits made of fields of fixed width, so that digits compare as the fields do. <c>49</c>, then the shard's
/// birth (13 digits, larger in a child than in its parents), a counter (18), the arrival in Unix milliseconds (13), the shard's index (10).
/// </summary>
internal readonly record struct SequenceNumber(long Birth, long Counter, long ArrivalMs, int ShardIndex)
{
    private const int Digits = 56;

    public override string ToString() =>
        string.Create(CultureInfo.InvariantCulture, $"49{Birth:D13}{Counter:D18}{ArrivalMs:D13}{ShardIndex:D10}");

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
