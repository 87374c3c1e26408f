namespace Orleans.Kpl.Scaling.Planning;

/// <summary>Computes the first hash keys of ranges, of equal size and of others.</summary>
internal static class EvenRanges
{
    /// <summary>Returns the start of shard number <paramref name="index"/> of <paramref name="count"/>: index · 2^128 ÷ count, rounded down.</summary>
    public static UInt128 Start(int index, int count) => Start(0, UInt128.MaxValue, index, count);

    /// <summary>Does the same for the equal parts of a range; one with fewer keys than parts has empty ones.</summary>
    public static UInt128 Start(UInt128 first, UInt128 last, int index, int count)
    {
        var (size, rest) = UInt128.DivRem(last - first, (UInt128)count);
        return first + (size * (UInt128)index) + ((rest + 1) * (UInt128)index / (UInt128)count);
    }

    /// <summary>Returns the range of a shard among those that start at zero and at the boundaries.</summary>
    public static (UInt128 Start, UInt128 End) Between(IReadOnlyList<UInt128> boundaries, int index) =>
        (index == 0 ? 0 : boundaries[index - 1], index == boundaries.Count ? UInt128.MaxValue : boundaries[index] - 1);

    public static IEnumerable<(UInt128 Start, UInt128 End)> Between(IReadOnlyList<UInt128> boundaries) =>
        Enumerable.Range(0, boundaries.Count + 1).Select(i => Between(boundaries, i));

    /// <summary>
    /// Returns the starts of all but the first of <paramref name="count"/> shards. The nearest existing start within the slack of an even start is
    /// used instead of it; each reused start saves a split and a merge.
    /// </summary>
    /// <param name="existing">The starts of today's shards but the first, ascending.</param>
    /// <param name="slack">How far from the even start a start may be, as a share of the even size; below 0.5.</param>
    public static UInt128[] Boundaries(int count, IReadOnlyList<UInt128> existing, double slack)
    {
        var boundaries = new UInt128[count - 1];
        // Kinesis has its own rounding: a few keys make no difference.
        var reach = UInt128.Max((UInt128)((double)UInt128.MaxValue / count * slack), (UInt128)count);
        var next = 0;
        for (var i = 1; i < count; i++)
        {
            var even = Start(i, count);
            while (next < existing.Count && existing[next] < even && even - existing[next] > reach)
                next++;
            boundaries[i - 1] = even;
            var best = UInt128.MaxValue;
            for (; next < existing.Count && (existing[next] <= even || existing[next] - even <= reach); next++)
            {
                var distance = existing[next] < even ? even - existing[next] : existing[next] - even;
                if (distance < best)
                    (best, boundaries[i - 1]) = (distance, existing[next]);
            }
        }

        return boundaries;
    }
}
