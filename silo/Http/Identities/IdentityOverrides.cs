using Orleans.Kpl.Quotas;

namespace Orleans.Kpl.Http.Identities;

/// <summary>
/// The changes that administrators made to identities while the processes run. Silos tell each other; whatever the order in which they hear of it, they end
/// with the same. It is in memory only, and so it is over when all processes of a cluster have ended. Safe on any thread.
/// </summary>
internal sealed class IdentityOverrides(TimeProvider time)
{
    /// <summary>The most that may be in force at a time.</summary>
    public const int Most = 1_000;

    private readonly Lock _lock = new();
    private readonly Dictionary<(string Identity, QuotaOverrideKind Kind), QuotaOverride> _known = [];

    // Until when any word about them would have held: a silo that did not hear of a later, shorter one may have it so long.
    private readonly Dictionary<(string Identity, QuotaOverrideKind Kind), DateTimeOffset> _longest = [];

    /// <summary>Raised when something else is in force.</summary>
    public event Action? Changed;

    /// <summary>Everything that is not over, what was taken back too, as it is told to other silos.</summary>
    public IReadOnlyList<QuotaOverride> All()
    {
        lock (_lock)
            return [.. _known.Values];
    }

    /// <summary>The overrides that are in force now.</summary>
    public IReadOnlyList<QuotaOverride> InForce()
    {
        var now = time.GetUtcNow();
        return [.. All().Where(o => !o.IsLifted && now < o.Until)];
    }

    /// <summary>
    /// Puts an override into force here, in the place of the former one of its kind. Quotas that only the former one has stay in force, until the new one is
    /// over. False where there are too many.
    /// </summary>
    public bool TrySet(QuotaOverride change, string origin)
    {
        lock (_lock)
        {
            var key = (change.Identity, change.Kind);
            var former = _known.GetValueOrDefault(key);
            if (former is null or { IsLifted: true } && !change.IsLifted && _known.Values.Count(static o => !o.IsLifted) >= Most)
                return false;
            if (former is { IsLifted: false } && time.GetUtcNow() < former.Until)
            {
                change = change with
                {
                    Quotas = new Dictionary<string, long>([.. former.Quotas.ExceptBy(change.Quotas.Keys, static q => q.Key), .. change.Quotas]),
                };
            }

            // Later than what was said before, also where the clock of the silo that was told so is ahead of this one's.
            var version = Math.Max(time.GetUtcNow().UtcTicks, (former?.Version ?? 0) + 1);
            Keep(key, change with { Version = version, Origin = origin });
        }

        Changed?.Invoke();
        return true;
    }

    /// <summary>Takes back what is in force of an identity. False where nothing is.</summary>
    public bool TryLift(string identity, string origin, string by)
    {
        var lifted = InForce().Where(o => o.Identity == identity).ToList();
        foreach (var change in lifted)
            TrySet(change with { IsLifted = true, By = by }, origin);
        return lifted.Count > 0;
    }

    /// <summary>Takes what another silo knows.</summary>
    public void Merge(IReadOnlyList<QuotaOverride> others)
    {
        var (now, hasChanged) = (time.GetUtcNow(), false);
        lock (_lock)
        {
            foreach (var other in others)
            {
                var key = (other.Identity, other.Kind);
                if (now >= other.Until || (_known.TryGetValue(key, out var own) && !IsLater(other, own)))
                    continue;
                Keep(key, other);
                hasChanged = true;
            }
        }

        if (hasChanged)
            Changed?.Invoke();
    }

    /// <summary>Forgets what is over. What ended a longer word counts as taken back for as long as that would have held.</summary>
    public void DropOver()
    {
        var (now, hasChanged) = (time.GetUtcNow(), false);
        lock (_lock)
        {
            foreach (var (key, change) in _known.Where(k => now >= k.Value.Until).ToList())
            {
                hasChanged = true;
                if (now < _longest[key])
                {
                    _known[key] = change with { IsLifted = true, Until = _longest[key] };
                    continue;
                }

                _known.Remove(key);
                _longest.Remove(key);
            }
        }

        if (hasChanged)
            Changed?.Invoke();
    }

    private void Keep((string, QuotaOverrideKind) key, QuotaOverride change)
    {
        _known[key] = change;
        if (change.Until > _longest.GetValueOrDefault(key))
            _longest[key] = change.Until;
    }

    private static bool IsLater(QuotaOverride one, QuotaOverride other) =>
        one.Version != other.Version ? one.Version > other.Version : string.CompareOrdinal(one.Origin, other.Origin) > 0;
}
