namespace Orleans.Kpl.LocalKinesis.Store;

/// <summary>
/// The settings of the account: the billing commitment by which its on-demand streams have the rights of On-demand Advantage. It holds for 24 hours at
/// least (AWS, "UpdateAccountSettings"), whoever ends it before.
/// </summary>
internal sealed class AccountSettings
{
    private static readonly long Shortest = TimeSpan.FromHours(24).Ticks;

    private readonly Lock _lock = new();
    private long? _startedAt;
    private long? _endedAt;

    /// <summary>Enables or ends the commitment.</summary>
    public void Commit(bool isEnabled, long nowTicks)
    {
        lock (_lock)
        {
            var runs = IsRunning(nowTicks);
            if (isEnabled)
                (_startedAt, _endedAt) = (runs ? _startedAt : nowTicks, null);
            else if (runs && _endedAt is null)
                _endedAt = Math.Max(nowTicks, _startedAt!.Value + Shortest);
        }
    }

    /// <summary>How it stands.</summary>
    public Commitment At(long nowTicks)
    {
        lock (_lock)
        {
            var status = !IsRunning(nowTicks) ? "DISABLED" : _endedAt is null ? "ENABLED" : "ENABLED_UNTIL_EARLIEST_ALLOWED_END";
            return new(status, _startedAt, _endedAt is { } end && end <= nowTicks ? end : null, _startedAt + Shortest);
        }
    }

    private bool IsRunning(long nowTicks) => _startedAt is not null && (_endedAt is not { } end || end > nowTicks);
}

/// <summary>The billing commitment at an instant, in UTC ticks.</summary>
internal readonly record struct Commitment(string Status, long? StartedAt, long? EndedAt, long? EarliestEnd)
{
    public bool IsEnabled => Status != "DISABLED";
}
