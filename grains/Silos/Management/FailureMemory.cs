namespace Orleans.Kpl.Silos.Management;

/// <summary>
/// Limits what the failure lists of one silo have together: the largest list drops its older half. Anybody who may put can name streams that do not
/// exist, and each name has a list.
/// </summary>
/// <remarks>Each list locks this object for what it does.</remarks>
internal sealed class FailureMemory(long maxBytes = 128 << 20)
{
    private readonly HashSet<FailureList> _lists = [];
    private long _bytes;

    /// <summary>A list has more or fewer bytes than before.</summary>
    public void Grew(FailureList list, long bytes)
    {
        _lists.Add(list);
        _bytes += bytes;
        while (_bytes > maxBytes && _lists.MaxBy(static l => l.Bytes) is { Bytes: > 0 } largest)
        {
            _bytes -= largest.Bytes;
            largest.DropHalf();
            _bytes += largest.Bytes;
        }
    }

    /// <summary>A list is not asked any more.</summary>
    public void Ended(FailureList list)
    {
        if (_lists.Remove(list))
            _bytes -= list.Bytes;
    }
}
