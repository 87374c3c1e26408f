namespace Orleans.Kpl.Http.Ingesting;

/// <summary>
/// The streams that Kinesis did not know a moment ago: requests for them are answered at once, instead of asking Kinesis for each. Safe on any thread.
/// </summary>
/// <param name="own">Streams that are never kept here, because they may be there in a moment.</param>
internal sealed class MissingStreams(IEnumerable<string> own, TimeProvider time)
{
    /// <summary>How long a stream that is created meanwhile may be answered with 404.</summary>
    public static readonly TimeSpan Kept = TimeSpan.FromSeconds(60);

    /// <summary>More names than these push out the oldest.</summary>
    public const int MostNames = 1_024;

    private readonly HashSet<string> _own = new(own, StringComparer.Ordinal);
    private readonly Lock _lock = new();
    private readonly Dictionary<string, long> _since = new(StringComparer.Ordinal);
    private readonly Queue<string> _order = new();

    /// <summary>Whether the stream is known to be missing.</summary>
    public bool Has(string stream)
    {
        lock (_lock)
            return _since.Count > 0 && _since.TryGetValue(stream, out var since) && time.GetElapsedTime(since) < Kept;
    }

    /// <summary>Notes that Kinesis does not know the stream.</summary>
    public void Add(string stream)
    {
        if (_own.Contains(stream))
            return;
        lock (_lock)
        {
            // All are kept for the same time, so the first one is the oldest.
            while (_order.TryPeek(out var oldest) && (_order.Count >= MostNames || time.GetElapsedTime(_since[oldest]) >= Kept))
                _since.Remove(_order.Dequeue());
            if (_since.TryAdd(stream, time.GetTimestamp()))
                _order.Enqueue(stream);
        }
    }
}
