namespace Orleans.Kpl.Http.Identities.Quotas;

/// <summary>One request under way, charged to its identity until it is disposed of.</summary>
internal sealed class QuotaTurn(IdentityUsage usage, IdentityQuota quota, long bytes) : IDisposable
{
    private long _bytes = bytes;
    private bool _isOver;

    /// <summary>Counts records that were read out of the body.</summary>
    public void CountRecords(int records) => usage.CountRecords(records);

    /// <summary>Counts bytes of a body whose length nobody announced; a refusal if there are too many.</summary>
    public QuotaRefusal? Grow(long bytes)
    {
        var refusal = usage.TryGrow(quota, bytes);
        if (refusal is null)
            _bytes += bytes;
        return refusal;
    }

    /// <summary>Gives back what the body took of a quota a second: the process had no room, and nothing of the request was taken.</summary>
    public void Refund()
    {
        if (!_isOver)
            usage.Refund(_bytes);
    }

    public void Dispose()
    {
        if (_isOver)
            return;
        _isOver = true;
        usage.Leave(_bytes);
    }
}
