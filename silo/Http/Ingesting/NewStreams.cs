using Orleans.Kpl.Http.Guarding;

namespace Orleans.Kpl.Http.Ingesting;

/// <summary>
/// The streams that records came for lately, and of which nobody knows yet whether they exist. Whoever makes up names has a pipeline, a ledger and a question
/// to Kinesis for each, some of it for as long as the process runs. So there is a number of them at a time. Safe on any thread.
/// </summary>
/// <param name="isDelivered">Whether a record of a stream was delivered: then it exists.</param>
internal sealed class NewStreams(TimeProvider time, Predicate<string> isDelivered)
{
    /// <summary>How long a name counts as new: about as long as a pipeline stays that nobody uses.</summary>
    public static readonly TimeSpan Kept = TimeSpan.FromMinutes(10);

    /// <summary>So many names at a time.</summary>
    public const int MostNames = 1_024;

    /// <summary>So many of one identity: after a start all streams are new, and one caller could keep those of all others out.</summary>
    public const int MostOfOne = MostNames / 4;

    /// <summary>How often they are swept, at most, while there is no room: that looks at each name.</summary>
    public static readonly TimeSpan SweepPeriod = TimeSpan.FromSeconds(1);

    private readonly Lock _lock = new();
    private readonly HashSet<string> _names = new(StringComparer.Ordinal);
    private readonly Shares<string> _shares = new(MostOfOne, MostNames);
    private readonly Queue<(string Name, string? Identity, long Since)> _order = new();
    private long? _sweptAt;

    /// <summary>Whether a name is one of them, or may become one.</summary>
    /// <param name="identity">Who brings it; null where nobody is asked.</param>
    public bool TryAdd(string stream, string? identity)
    {
        lock (_lock)
        {
            while (_order.TryPeek(out var oldest) && time.GetElapsedTime(oldest.Since) >= Kept)
                Remove(_order.Dequeue());
            if (_names.Contains(stream))
                return true;
            if (!_shares.TryTake(identity))
            {
                Sweep();
                if (!_shares.TryTake(identity))
                    return false;
            }
            _names.Add(stream);
            _order.Enqueue((stream, identity, time.GetTimestamp()));
            return true;
        }
    }

    private void Sweep()
    {
        if (_sweptAt is { } last && time.GetElapsedTime(last) < SweepPeriod)
            return;
        _sweptAt = time.GetTimestamp();
        for (var left = _order.Count; left > 0; left--)
        {
            var each = _order.Dequeue();
            if (isDelivered(each.Name))
                Remove(each);
            else
                _order.Enqueue(each);
        }
    }

    private void Remove((string Name, string? Identity, long Since) old)
    {
        _names.Remove(old.Name);
        _shares.Return(old.Identity);
    }
}

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
