namespace Orleans.Kpl.Http.Identities.Quotas;

/// <summary>What one identity uses of this process now, and has used since it began.</summary>
internal sealed class IdentityUsage(TimeProvider time)
{
    /// <summary>When to try again where others of the identity's own requests must end first.</summary>
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(1);

    private readonly Lock _lock = new();
    private readonly RateBucket _records = new();
    private readonly RateBucket _bytes = new();
    private UsageCounts _counts;

    /// <summary>Returns all counts of one instant.</summary>
    public UsageCounts Read()
    {
        lock (_lock)
            return _counts;
    }

    /// <summary>Begins a request of so many bytes, or says which quota is in the way.</summary>
    public QuotaRefusal? TryEnter(IdentityQuota quota, long bytes)
    {
        lock (_lock)
        {
            var refusal = Find(quota, bytes);
            if (refusal is not null)
            {
                _counts = _counts with { Refused = _counts.Refused + 1 };
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

    /// <summary>Adds bytes to a request under way, or says that they are too many.</summary>
    public QuotaRefusal? TryGrow(IdentityQuota quota, long bytes)
    {
        lock (_lock)
        {
            if (_counts.BodyBytesInFlight + bytes > quota.BodyBytesInFlight)
            {
                _counts = _counts with { Refused = _counts.Refused + 1 };
                return new QuotaRefusal("body_bytes_in_flight", quota.BodyBytesInFlight, Soon);
            }
            _counts = _counts with { Bytes = _counts.Bytes + bytes, BodyBytesInFlight = _counts.BodyBytesInFlight + bytes };
            _bytes.Take(bytes);
            return null;
        }
    }

    public void CountRecords(int records)
    {
        lock (_lock)
        {
            _counts = _counts with { Records = _counts.Records + records };
            _records.Take(records);
        }
    }

    public void Leave(long bytes)
    {
        lock (_lock)
            _counts = _counts with { RequestsInFlight = _counts.RequestsInFlight - 1, BodyBytesInFlight = _counts.BodyBytesInFlight - bytes };
    }

    private QuotaRefusal? Find(IdentityQuota quota, long bytes)
    {
        if (_counts.RequestsInFlight >= quota.RequestsInFlight)
            return new QuotaRefusal("requests_in_flight", quota.RequestsInFlight, Soon);
        if (_counts.BodyBytesInFlight + bytes > quota.BodyBytesInFlight)
            return new QuotaRefusal("body_bytes_in_flight", quota.BodyBytesInFlight, Soon);
        var now = time.GetTimestamp();
        if (quota.RecordsPerSecond is { } records && _records.WaitFor(records, now, time) is var recordsWait && recordsWait > TimeSpan.Zero)
            return new QuotaRefusal("records_per_second", records, recordsWait);
        return quota.BytesPerSecond is { } rate && _bytes.WaitFor(rate, now, time) is var bytesWait && bytesWait > TimeSpan.Zero
            ? new QuotaRefusal("bytes_per_second", rate, bytesWait)
            : null;
    }
}
