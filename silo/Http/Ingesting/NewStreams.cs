namespace Orleans.Kpl.Http.Ingesting;

/// <summary>
/// The streams that records came for lately, and of which nobody knows yet whether they exist. Whoever makes up names has a pipeline, a ledger and a question
/// to Kinesis for each, some of it for as long as the process runs. So there is a number of them at a time. Safe on any thread.
/// </summary>
/// <param name="time">Tells the time.</param>
internal sealed class NewStreams(TimeProvider time)
{
    /// <summary>How long a name counts as new: about as long as a pipeline stays that nobody uses.</summary>
    public static readonly TimeSpan Kept = TimeSpan.FromMinutes(10);

    /// <summary>So many names at a time.</summary>
    public const int MostNames = 1_024;

    private readonly Lock _lock = new();
    private readonly HashSet<string> _names = new(StringComparer.Ordinal);
    private readonly Queue<(string Name, long Since)> _order = new();

    /// <summary>Whether a name is one of them, or may become one.</summary>
    public bool TryAdd(string stream)
    {
        lock (_lock)
        {
            while (_order.TryPeek(out var oldest) && time.GetElapsedTime(oldest.Since) >= Kept)
                _names.Remove(_order.Dequeue().Name);
            if (_names.Contains(stream))
                return true;
            if (_names.Count == MostNames)
                return false;
            _names.Add(stream);
            _order.Enqueue((stream, time.GetTimestamp()));
            return true;
        }
    }
}
