using System.Globalization;

namespace Orleans.Kpl.Scaling.Planning;

/// <summary>Where a shard is to be split: at the weighted median of its load, in the middle, or at a hash key.</summary>
/// <param name="Key">The hash key; null for the other two.</param>
/// <param name="IsMiddle">The middle of the range.</param>
internal readonly record struct SplitAt(UInt128? Key, bool IsMiddle)
{
    public static SplitAt Weighted => default;

    public static SplitAt Middle => new(null, true);

    public static SplitAt HashKey(UInt128 key) => new(key, false);

    /// <summary><c>weighted</c>, <c>middle</c>, or a decimal hash key; nothing means weighted.</summary>
    /// <exception cref="ReshardException">It is none of these.</exception>
    public static SplitAt Parse(string? text) => text switch
    {
        null or "" or "weighted" => Weighted,
        "middle" => Middle,
        _ when UInt128.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var key) => HashKey(key),
        _ => throw new ReshardException(ReshardError.KeyOutsideRange, $"'{text}' is no place to split a shard: weighted, middle, or a hash key from 0 to 2^128 − 1."),
    };
}
