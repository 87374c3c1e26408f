namespace Orleans.Kpl.Pipeline.Backlog.Keeping;

/// <summary>
/// A set of segment numbers, kept as runs of adjacent numbers. Segments behind one that waits are done by the million; they are one run. So memory and
/// the time of each operation depend on the number of runs, which is at most one more than the number of segments that wait. Not thread-safe.
/// </summary>
internal sealed class SegmentRuns
{
    private readonly SortedSet<Run> _runs = new(Comparer<Run>.Create(static (a, b) => a.First.CompareTo(b.First)));

    /// <summary>Gets the runs, by ascending number.</summary>
    public IEnumerable<Run> Runs => _runs;

    /// <summary>Adds a number; it may be there already.</summary>
    public void Add(long number) => Add(number, 1);

    /// <summary>Adds adjacent numbers; some may be there already.</summary>
    /// <param name="first">The first number, not negative.</param>
    /// <param name="length">How many numbers, at least one.</param>
    public void Add(long first, long length)
    {
        var end = first + length;
        // A run that begins before the end of the new one and reaches its beginning is merged with it.
        while (Floor(end) is { Length: > 0 } near && near.End >= first)
        {
            _runs.Remove(near);
            (first, end) = (Math.Min(first, near.First), Math.Max(end, near.End));
        }

        _runs.Add(new Run(first, end - first));
    }

    /// <summary>Returns whether the number is in the set.</summary>
    public bool Contains(long number) => Floor(number).End > number;

    /// <summary>Removes all numbers below the given one.</summary>
    public void RemoveBelow(long number)
    {
        while (_runs.Count > 0 && _runs.Min is var first && first.First < number)
        {
            _runs.Remove(first);
            if (first.End > number)
                _runs.Add(new Run(number, first.End - number));
        }
    }

    /// <summary>Returns the last run that begins at the number or below; an empty one where there is none.</summary>
    private Run Floor(long number) => _runs.GetViewBetween(new Run(long.MinValue, 0), new Run(number, 0)).Max;

    /// <summary>Adjacent numbers.</summary>
    /// <param name="Length">How many numbers.</param>
    internal readonly record struct Run(long First, long Length)
    {
        /// <summary>Gets the number after the last one.</summary>
        public long End => First + Length;
    }
}
