namespace Orleans.Kpl.Deaggregation;

/// <summary>
/// A set of numbers that come mostly one after the other. What is whole is kept as ranges, and only a part with gaps has a bit for each of its numbers.
/// </summary>
/// <param name="budget">How many such parts all sets together may have.</param>
internal sealed class NumberSet(PartBudget budget)
{
    private const int PartBits = 10;
    private const int PartSize = 1 << PartBits;

    private NumberPart[] _parts = new NumberPart[1];
    private int _count;
    private int _used;

    /// <summary>Numbers that are not known any more as seen or not, because there were too many gaps.</summary>
    public long Forgotten { get; private set; }

    /// <summary>Adds a number; true where it is new, and null where that is not known any more.</summary>
    public bool? Add(long number)
    {
        var at = number >> PartBits;
        var i = Find(at);
        if (i < 0 || at >= _parts[i].First + _parts[i].Length)
        {
            Insert(i + 1, at);
            // Where there were too many with gaps, parts before it were joined.
            i = Find(at);
        }

        _used = Math.Min(i, _count - 1);
        ref var part = ref _parts[i];
        if (part.Bits is not { } bits)
            return part.IsForgotten ? null : false;
        ref var word = ref bits[(int)(number / 64 % (PartSize / 64))];
        var bit = 1UL << (int)(number % 64);
        if ((word & bit) != 0)
            return false;
        word |= bit;
        if (++part.Seen == PartSize)
            Close(i, isForgotten: false);
        return true;
    }

    /// <summary>The ranges between two numbers, both included, that are not in the set; those of what was forgotten are left out.</summary>
    public IEnumerable<(long First, long Last)> Gaps(long first, long last)
    {
        foreach (var (start, end) in Ranges())
        {
            if (start > last)
                break;
            if (start > first)
                yield return (first, start - 1);
            first = Math.Max(first, end + 1);
        }

        if (first <= last)
            yield return (first, last);
    }

    /// <summary>How many numbers between two, both included, are in the set; of what was forgotten, all are.</summary>
    public long Count(long first, long last) => Math.Max(0, last - first + 1) - Gaps(first, last).Sum(static gap => gap.Last - gap.First + 1);

    private IEnumerable<(long Start, long End)> Ranges()
    {
        for (var i = 0; i < _count; i++)
        {
            var (part, from) = (_parts[i], _parts[i].First << PartBits);
            if (part.Bits is null)
            {
                yield return (from, from + (part.Length << PartBits) - 1);
                continue;
            }

            var start = -1;
            for (var n = 0; n <= PartSize; n++)
            {
                var isSeen = n < PartSize && (part.Bits[n / 64] & (1UL << (n % 64))) != 0;
                if (isSeen && start < 0)
                    start = n;
                else if (!isSeen && start >= 0)
                {
                    yield return (from + start, from + n - 1);
                    start = -1;
                }
            }
        }
    }

    /// <summary>The last part that begins at or before the given one; -1 for none.</summary>
    private int Find(long at)
    {
        if (_used < _count && at >= _parts[_used].First && (_used + 1 == _count || at < _parts[_used + 1].First))
            return _used;
        var (low, high) = (0, _count);
        while (low < high)
        {
            var middle = (low + high) / 2;
            if (_parts[middle].First <= at)
                low = middle + 1;
            else
                high = middle;
        }

        return low - 1;
    }

    private void Insert(int i, long at)
    {
        if (_count == _parts.Length)
            Array.Resize(ref _parts, _count * 2);
        Array.Copy(_parts, i, _parts, i + 1, _count++ - i);
        _parts[i] = new NumberPart { First = at, Length = 1, Bits = new ulong[PartSize / 64] };
        if (++budget.Taken > budget.Most)
            Forget(i);
    }

    /// <summary>Gives up the lowest other part with gaps: of it the fewest numbers are still to come. The only one stays.</summary>
    private void Forget(int newest)
    {
        for (var i = 0; i < _count; i++)
        {
            if (i == newest || _parts[i].Bits is null)
                continue;
            Forgotten += PartSize - _parts[i].Seen;
            Close(i, isForgotten: true);
            return;
        }
    }

    /// <summary>Keeps a part without its bits, and joins it with its neighbours that have none.</summary>
    private void Close(int i, bool isForgotten)
    {
        budget.Taken--;
        _parts[i] = _parts[i] with { Bits = null, IsForgotten = isForgotten };
        for (var left = Math.Min(i, _count - 2); left >= Math.Max(0, i - 1); left--)
        {
            ref var part = ref _parts[left];
            var next = _parts[left + 1];
            if (part.Bits is not null || next.Bits is not null || part.First + part.Length != next.First)
                continue;
            part.Length += next.Length;
            part.IsForgotten |= next.IsForgotten;
            Array.Copy(_parts, left + 2, _parts, left + 1, --_count - left - 1);
        }
    }

    /// <summary>Some numbers one after the other: all seen, or with a bit for each.</summary>
    private record struct NumberPart
    {
        public long First;
        public long Length;
        public ulong[]? Bits;
        public int Seen;
        public bool IsForgotten;
    }
}

/// <summary>How many parts with gaps there are, and may be. Each takes some 200 bytes.</summary>
internal sealed class PartBudget(int most)
{
    public int Most => most;

    public int Taken { get; set; }
}
