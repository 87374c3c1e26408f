using Orleans.Kpl.Quotas;

namespace Orleans.Kpl.Http.Identities.Quotas;

/// <summary>The usage of one identity in this process: now, and since it began.</summary>
/// <param name="shares">Which part of its quotas a second is this process'; null for all.</param>
internal sealed class IdentityUsage(TimeProvider time, string identity = "", QuotaShares? shares = null)
{
    /// <summary>When to try again where others of the identity's own requests must end first.</summary>
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(1);

    private readonly Lock _lock = new();
    private readonly RateBucket _records = new();
    private readonly RateBucket _bytes = new();
    private readonly DemandMeter _recordDemand = new();
    private readonly DemandMeter _byteDemand = new();
    private UsageCounts _counts;

    public string Identity => identity;

    /// <summary>Returns all counts of one instant.</summary>
    public UsageCounts Read()
    {
        lock (_lock)
            return _counts;
    }

    /// <summary>Returns what the identity wanted of its quotas a second since the last call; null if nothing.</summary>
    /// <param name="since">The time since the last call.</param>
    public QuotaDemand? TakeDemand(IdentityQuota quota, TimeSpan since)
    {
        lock (_lock)
        {
            var (records, bytes) = (_recordDemand.Take(_counts.Records, since), _byteDemand.Take(_counts.Bytes, since));
            var demand = new QuotaDemand(identity, quota.RecordsPerSecond is null ? 0 : records, quota.BytesPerSecond is null ? 0 : bytes);
            return demand is { Records: 0, Bytes: 0 } ? null : demand;
        }
    }

    /// <summary>Begins a request of so many bytes, or says which quota is in the way.</summary>
    /// <param name="bytes">The body's length; 0 if nobody announced it.</param>
    public QuotaRefusal? TryEnter(IdentityQuota quota, long bytes)
    {
        lock (_lock)
        {
            var refusal = FindUnderWay(quota, bytes) ?? FindRate(quota);
            if (refusal is not null)
            {
                CountRefused();
                return refusal;
            }
            _counts = _counts with
            {
                Requests = _counts.Requests + 1, Bytes = _counts.Bytes + bytes,
                RequestsInFlight = _counts.RequestsInFlight + 1, BodyBytesInFlight = _counts.BodyBytesInFlight + bytes,
            };
            _bytes.Take(bytes);
            return null;
        }
    }

    /// <summary>Begins a request that puts nothing, and takes nothing of a rate; false where as many are under way as may be.</summary>
    public bool TryAsk(IdentityQuota quota)
    {
        lock (_lock)
        {
            if (_counts.RequestsInFlight >= quota.RequestsInFlight)
            {
                CountRefused();
                return false;
            }
            _counts = _counts with { RequestsInFlight = _counts.RequestsInFlight + 1 };
            return true;
        }
    }

    /// <summary>
    /// Begins a request whose lines come while it lasts, or says which quota is in the way. <see cref="TryTake"/> counts its lines. Both may be asked again
    /// and again, so they count no refusal.
    /// </summary>
    public QuotaRefusal? TryOpen(IdentityQuota quota)
    {
        lock (_lock)
        {
            var refusal = FindUnderWay(quota, 0) ?? FindRate(quota);
            if (refusal is null)
                _counts = _counts with { RequestsInFlight = _counts.RequestsInFlight + 1 };
            return refusal;
        }
    }

    /// <summary>Counts lines of a request that was opened as one more request, or says which quota is in the way.</summary>
    public QuotaRefusal? TryTake(IdentityQuota quota, long bytes, int records)
    {
        lock (_lock)
        {
            if (FindRate(quota) is { } refusal)
                return refusal;
            _counts = _counts with { Requests = _counts.Requests + 1, Bytes = _counts.Bytes + bytes, Records = _counts.Records + records };
            _bytes.Take(bytes);
            _records.Take(records);
            return null;
        }
    }

    /// <summary>Counts the records of a request under way, whose number is known now, or says that others have used up the rate since it began.</summary>
    public QuotaRefusal? TryTakeRecords(IdentityQuota quota, int records)
    {
        lock (_lock)
        {
            // The request ends with 429, and is counted as refused then.
            if (FindRecordRate(quota, View) is { } refusal)
                return refusal;
            _counts = _counts with { Records = _counts.Records + records };
            _records.Take(records);
            return null;
        }
    }

    /// <summary>Adds bytes to a request under way, or says that they are too many.</summary>
    /// <param name="own">The bytes of the request until now.</param>
    public QuotaRefusal? TryGrow(IdentityQuota quota, long own, long bytes)
    {
        lock (_lock)
        {
            // The request ends with 429, and is counted as refused then.
            if (TryHold(quota.BodyBytesInFlight, own, bytes) is { } refusal)
                return refusal;
            _counts = _counts with { Bytes = _counts.Bytes + bytes };
            _bytes.Take(bytes);
            return null;
        }
    }

    /// <summary>Adds bytes to those under way alone, or says that they are too many.</summary>
    /// <param name="most">The bytes that the identity may have under way then.</param>
    /// <param name="own">The bytes of the request until now.</param>
    /// <param name="bytes">The bytes to add; below 0 gives some back.</param>
    public QuotaRefusal? TryHold(long most, long own, long bytes)
    {
        lock (_lock)
        {
            if (bytes > 0 && own + bytes > most)
                return QuotaRefusal.ForGood(IdentityQuota.BodyBytesName, most);
            if (bytes > 0 && _counts.BodyBytesInFlight + bytes > most)
                return new QuotaRefusal(IdentityQuota.BodyBytesName, most, Soon);
            _counts = _counts with { BodyBytesInFlight = _counts.BodyBytesInFlight + bytes };
            return null;
        }
    }

    public void CountRefused()
    {
        lock (_lock)
            _counts = _counts with { Refused = _counts.Refused + 1 };
    }

    /// <summary>Takes records out of the counts that were not accepted after all.</summary>
    public void ReturnRecords(int records)
    {
        lock (_lock)
        {
            _counts = _counts with { Records = _counts.Records - records };
            _records.Return(records);
        }
    }

    /// <summary>Takes a request under way out of the counts, or counts it as refused: nothing of it was taken.</summary>
    public void Refund(long bytes, bool isRefused)
    {
        lock (_lock)
        {
            _counts = _counts with
            {
                Requests = _counts.Requests - 1, Bytes = _counts.Bytes - bytes, Refused = _counts.Refused + (isRefused ? 1 : 0),
            };
            _bytes.Return(bytes);
        }
    }

    public void Leave(long bytes)
    {
        lock (_lock)
            _counts = _counts with { RequestsInFlight = _counts.RequestsInFlight - 1, BodyBytesInFlight = _counts.BodyBytesInFlight - bytes };
    }

    private QuotaRefusal? FindUnderWay(IdentityQuota quota, long bytes)
    {
        if (bytes > quota.BodyBytesInFlight)
            return QuotaRefusal.ForGood(IdentityQuota.BodyBytesName, quota.BodyBytesInFlight);
        if (_counts.RequestsInFlight >= quota.RequestsInFlight)
            return new QuotaRefusal(IdentityQuota.RequestsName, quota.RequestsInFlight, Soon);
        return _counts.BodyBytesInFlight + bytes > quota.BodyBytesInFlight
            ? new QuotaRefusal(IdentityQuota.BodyBytesName, quota.BodyBytesInFlight, Soon) : null;
    }

    private QuotaView View => shares?.View ?? QuotaView.Alone;

    private QuotaRefusal? FindRate(IdentityQuota quota)
    {
        // Here alone, where the quota is the one in force: a request under way keeps that of its beginning.
        if (quota.RecordsPerSecond is null)
            _records.Reset();
        if (quota.BytesPerSecond is null)
            _bytes.Reset();
        var view = View;
        return FindRecordRate(quota, view)
            ?? (quota.BytesPerSecond is { } rate ? FindRate(_bytes, _byteDemand, IdentityQuota.BytesName, rate, view.BytesOf(identity, rate), view) : null);
    }

    private QuotaRefusal? FindRecordRate(IdentityQuota quota, QuotaView view) => quota.RecordsPerSecond is { } rate
        ? FindRate(_records, _recordDemand, IdentityQuota.RecordsName, rate, view.RecordsOf(identity, rate), view)
        : null;

    /// <param name="part">This process' part of the rate.</param>
    private QuotaRefusal? FindRate(RateBucket bucket, DemandMeter demand, string name, long rate, double part, QuotaView view)
    {
        var wait = bucket.WaitFor(part, (double)rate / view.Silos, time.GetTimestamp(), time);
        if (wait <= TimeSpan.Zero)
            return null;
        demand.Refuse();
        return new QuotaRefusal(name, rate, wait);
    }
}

/// <summary>Counts of an identity's usage of this process: since it began, and now.</summary>
internal readonly record struct UsageCounts(
    long Requests, long Records, long Bytes, long Refused, int RequestsInFlight, long BodyBytesInFlight);
