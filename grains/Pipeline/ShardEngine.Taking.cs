using Orleans.Kpl.Pipeline.Routing;

namespace Orleans.Kpl.Pipeline;

/// <summary>What an engine holds, taken out of it: all, what is meant, what has expired.</summary>
internal partial class ShardEngine
{
    // In an outage something expires all the time.
    [ThreadStatic]
    private static List<KinesisRecord>? t_retries;

    /// <summary>Takes everything that is held; the engine goes on.</summary>
    public List<KinesisRecord> TakeAll()
    {
        lock (_gate)
        {
            var all = new List<KinesisRecord>();
            _retries.TakeAll(all);
            all.AddRange(_ready);
            _ready.Clear();
            foreach (var open in _open.All)
            {
                if (!open.IsEmpty)
                    all.Add(open.Close(this));
            }

            return all;
        }
    }

    /// <summary>Takes out what is meant; the rest stays in its lines, and what was open with it.</summary>
    private List<KinesisRecord> TakeOut(Predicate<KinesisRecord> isMeant, Boundaries boundaries)
    {
        var retries = new List<KinesisRecord>();
        _retries.TakeAll(retries);
        foreach (var record in retries.Where(r => !isMeant(r)))
            _retries.Add(record);
        var ready = _ready.ToList();
        _ready.Clear();
        foreach (var open in _open.All)
        {
            if (!open.IsEmpty)
                ready.Add(open.Close(this));
        }

        _open = new OpenAggregates(boundaries, Place, NewAggregate);
        Place.Renew(LimitsNow);
        SeeToJoining();
        foreach (var record in ready.Where(r => !isMeant(r)))
            _ready.Enqueue(record);
        Settle(_clock.Now);
        return [.. retries.Where(r => isMeant(r)), .. ready.Where(r => isMeant(r))];
    }

    private protected virtual List<KinesisRecord> TakeExpired(long now)
    {
        var expired = new List<KinesisRecord>();
        if (_retries.EarliestExpiry <= now)
        {
            var all = t_retries ??= [];
            _retries.TakeAll(all);
            foreach (var record in all)
            {
                if (record.ExpiresAt <= now)
                    expired.Add(record);
                else
                    _retries.Add(record);
            }

            all.Clear();
        }

        for (var i = _ready.Count; i > 0; i--)
        {
            var record = _ready.Dequeue();
            if (record.ExpiresAt <= now)
                expired.Add(record);
            else
                _ready.Enqueue(record);
        }

        _nextExpiry = _retries.EarliestExpiry;
        foreach (var open in _open.All)
        {
            if (open.ExpiresAt <= now)
                expired.Add(open.Close(this));
            _nextExpiry = Math.Min(_nextExpiry, open.ExpiresAt);
        }

        foreach (var record in _ready)
            _nextExpiry = Math.Min(_nextExpiry, record.ExpiresAt);
        return expired;
    }
}
