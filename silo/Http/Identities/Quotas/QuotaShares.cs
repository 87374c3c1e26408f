using Orleans.Kpl.Quotas;

namespace Orleans.Kpl.Http.Identities.Quotas;

/// <summary>
/// Decides which part of a quota a second this silo may give out, from what all silos say that they want of it. The parts of all silos add up to
/// the quota, whichever messages are late or lost, because a silo lowers its own part at once and raises it only when all others know why. Only
/// the least part, which each silo keeps, may exceed it: see <see cref="QuotaView"/>. Safe on any thread.
/// </summary>
/// <remarks>
/// A silo reckons for itself with the least of what it has said since the last report that all others took. The others reckon with some later
/// one, which is no less. So each one's part is at most what it would be if all knew the same, and those parts add up to the quota.
/// </remarks>
internal sealed class QuotaShares(TimeProvider time)
{
    /// <summary>A silo that membership no longer lists counts for so long after it was heard: it may still serve while it leaves.</summary>
    public static readonly TimeSpan Kept = TimeSpan.FromSeconds(6);

    private readonly Lock _lock = new();

    // Null is a silo that was never heard.
    private readonly Dictionary<string, Peer?> _peers = new(StringComparer.Ordinal);
    private Dictionary<string, QuotaDemand> _own = new(StringComparer.Ordinal);
    private QuotaReport? _latest;
    private volatile QuotaView _view = QuotaView.Alone;

    /// <summary>The demand of all silos as far as this one knows it; another object after each change.</summary>
    public QuotaView View => _view;

    /// <summary>This silo's latest report; null before the first.</summary>
    public QuotaReport? Latest
    {
        get
        {
            lock (_lock)
                return _latest;
        }
    }

    /// <summary>Takes notice of the other silos that there are.</summary>
    public void Meet(IReadOnlyCollection<string> others)
    {
        lock (_lock)
        {
            SetPeers(others);
            Recount();
        }
    }

    /// <summary>Makes this silo's next report, to be told to all others.</summary>
    public QuotaReport Begin(string self, IReadOnlyCollection<string> others, IReadOnlyList<QuotaDemand> demands, IReadOnlyList<QuotaOverride> overrides)
    {
        lock (_lock)
        {
            SetPeers(others);
            _latest = new QuotaReport { Origin = self, Number = (_latest?.Number ?? 0) + 1, Demands = demands, Overrides = overrides };
            var wanted = ToMap(demands);
            _own = _own.ToDictionary(static o => o.Key, o => Least(o.Value, wanted.GetValueOrDefault(o.Key)), StringComparer.Ordinal);

            Recount();
            return _latest;
        }
    }

    /// <summary>Ends the telling of the latest report.</summary>
    /// <param name="told">The silos that took it.</param>
    public void End(QuotaReport report, IReadOnlySet<string> told)
    {
        lock (_lock)
        {
            foreach (var silo in told)
            {
                if (_peers.TryGetValue(silo, out var peer) && peer is null)
                    _peers[silo] = new Peer(0, [], time.GetTimestamp());
            }

            // One that never said anything reckons with nobody else: an even part is set aside for it (QuotaView).
            if (ReferenceEquals(report, _latest) && _peers.All(p => p.Value is null || told.Contains(p.Key)))
                _own = ToMap(report.Demands);
            Recount();
        }
    }

    /// <summary>Takes another silo's report. An older one than the last changes nothing.</summary>
    public void Take(QuotaReport report)
    {
        lock (_lock)
        {
            if (report.Number < _peers.GetValueOrDefault(report.Origin)?.Number)
                return;
            _peers[report.Origin] = new Peer(report.Number, ToMap(report.Demands), time.GetTimestamp());
            Recount();
        }
    }

    private void SetPeers(IReadOnlyCollection<string> others)
    {
        foreach (var other in others)
            _peers.TryAdd(other, null);
        foreach (var (silo, peer) in _peers)
        {
            if (!others.Contains(silo) && (peer is null || time.GetElapsedTime(peer.HeardAt) >= Kept))
                _peers.Remove(silo);
        }
    }

    private void Recount() => _view = new QuotaView(_own, [.. _peers.Values.Select(static p => p?.Demands)]);

    private static QuotaDemand Least(QuotaDemand one, QuotaDemand other) =>
        one with { Records = Math.Min(one.Records, other.Records), Bytes = Math.Min(one.Bytes, other.Bytes) };

    private static Dictionary<string, QuotaDemand> ToMap(IReadOnlyList<QuotaDemand> demands)
    {
        Dictionary<string, QuotaDemand> map = new(demands.Count, StringComparer.Ordinal);
        foreach (var demand in demands)
            map[demand.Identity] = demand;
        return map;
    }

    /// <summary>Another silo, with its last report.</summary>
    private sealed record Peer(long Number, Dictionary<string, QuotaDemand> Demands, long HeardAt);
}
