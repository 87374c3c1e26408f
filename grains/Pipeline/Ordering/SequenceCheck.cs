namespace Orleans.Kpl.Pipeline.Ordering;

/// <summary>
/// Remembers the last sequence number that a shard gave, and reports when the next one is not above it. Each shard is checked on its own:
/// children's numbers are above their parents', but AWS promises rising numbers only within one shard.
/// </summary>
internal sealed class SequenceCheck
{
    private readonly Lock _lock = new();
    private string? _shardId;
    private string? _last;

    /// <summary>The highest number of a shard, if it was the last shard to give any.</summary>
    public string? LastOf(string shardId)
    {
        lock (_lock)
            return _shardId == shardId ? _last : null;
    }

    /// <summary>Records a number. Returns the one that it should have exceeded and did not; null where all is well.</summary>
    public string? Next(string shardId, string number)
    {
        lock (_lock)
        {
            if (_shardId == shardId && _last is not null && Compare(number, _last) <= 0)
                return _last;
            (_shardId, _last) = (shardId, number);
            return null;
        }
    }

    public void Forget()
    {
        lock (_lock)
            _shardId = _last = null;
    }

    /// <summary>Compares numbers of any length by their digits.</summary>
    private static int Compare(string left, string right)
    {
        var a = left.AsSpan().TrimStart('0');
        var b = right.AsSpan().TrimStart('0');
        return a.Length != b.Length ? a.Length.CompareTo(b.Length) : a.SequenceCompareTo(b);
    }
}
