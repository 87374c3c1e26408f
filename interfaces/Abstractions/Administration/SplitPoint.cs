using System.Globalization;

namespace Orleans.Kpl;

/// <summary>The point at which to split a shard: the median of its load, the middle of its range, or a hash key.</summary>
public readonly record struct SplitPoint
{
    private const string MedianText = "weighted";
    private const string MiddleText = "middle";

    private SplitPoint(UInt128? hashKey, bool isMiddle) => (HashKey, IsMiddle) = (hashKey, isMiddle);

    /// <summary>The median of the shard's observed load, or the middle of its range if no load was observed. The default.</summary>
    public static SplitPoint MedianOfLoad => default;

    /// <summary>The middle of the shard's range of hash keys.</summary>
    public static SplitPoint Middle => new(null, true);

    /// <summary>The given hash key; null for the other two kinds.</summary>
    public UInt128? HashKey { get; }

    /// <summary>Whether this is <see cref="Middle"/>.</summary>
    public bool IsMiddle { get; }

    /// <summary>Creates a split point at a given hash key.</summary>
    /// <param name="hashKey">The hash key at which the second child starts.</param>
    public static SplitPoint At(UInt128 hashKey) => new(hashKey, false);

    /// <summary>Parses the text form used by HTTP and the command line.</summary>
    /// <param name="text"><c>weighted</c>, or null or empty, for <see cref="MedianOfLoad"/>; <c>middle</c>; or a decimal hash key.</param>
    /// <param name="point">The split point.</param>
    /// <returns>False when the text is none of these.</returns>
    public static bool TryParse(string? text, out SplitPoint point)
    {
        point = default;
        if (text is null or "" or MedianText)
            return true;
        if (text is MiddleText)
            point = Middle;
        else if (UInt128.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var key))
            point = At(key);
        else
            return false;
        return true;
    }

    /// <summary>Parses the text of a request.</summary>
    /// <exception cref="StreamManagerException">The text is not a split point.</exception>
    internal static SplitPoint Parse(string? text) => TryParse(text, out var point)
        ? point
        : throw new StreamManagerException(
            StreamManagerErrorCodes.KeyOutsideRange, $"'{text}' is no place to split a shard: weighted, middle, or a hash key from 0 to 2^128 − 1.");

    /// <summary>Returns the text form that <see cref="TryParse"/> reads.</summary>
    public override string ToString() => HashKey is { } key ? key.ToString(CultureInfo.InvariantCulture) : IsMiddle ? MiddleText : MedianText;
}
