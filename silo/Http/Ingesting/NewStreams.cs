namespace Orleans.Kpl.Http.Ingesting;

/// <summary>
/// The streams that records came for lately, and of which nobody knows yet whether they exist. Whoever makes up names has a pipeline, a ledger and a question
/// to Kinesis for each, some of it for as long as the process runs. So there is a number of them at a time. Safe on any thread.
/// </summary>
internal sealed class NewStreams(TimeProvider time)
{
    /// <summary>How long a name counts as new: about as long as a pipeline stays that nobody uses.</summary>
    public static readonly TimeSpan Kept = TimeSpan.FromMinutes(10);

    /// <summary>So many names at a time.</summary>
    public const int MostNames = 1_024;

    /// <summary>So many of one identity: after a start all streams are new, and one caller could keep those of all others out.</summary>
    public const int MostOfOne = MostNames / 4;

    private readonly Lock _lock = new();
    private readonly HashSet<string> _names = new(StringComparer.Ordinal);
    private readonly Dictionary<string, int> _counts = new(StringComparer.Ordinal);
    private readonly Queue<(string Name, string? Identity, long Since)> _order = new();

    /// <summary>Whether a name is one of them, or may become one.</summary>
    /// <param name="stream">The name.</param>
    /// <param name="identity">Who brings it; null where nobody is asked.</param>
    public bool TryAdd(string stream, string? identity)
    {
        lock (_lock)
        {
            while (_order.TryPeek(out var oldest) && time.GetElapsedTime(oldest.Since) >= Kept)
                Remove(_order.Dequeue());
            if (_names.Contains(stream))
                return true;
            if (_names.Count == MostNames || (identity is not null && _counts.GetValueOrDefault(identity) == MostOfOne))
                return false;
            _names.Add(stream);
            _order.Enqueue((stream, identity, time.GetTimestamp()));
            if (identity is not null)
                _counts[identity] = _counts.GetValueOrDefault(identity) + 1;
            return true;
        }
    }

    private void Remove((string Name, string? Identity, long Since) old)
    {
        _names.Remove(old.Name);
        if (old.Identity is { } identity && --_counts[identity] == 0)
            _counts.Remove(identity);
    }
}
