namespace Orleans.Kpl.Pipeline.Horizons;

/// <summary>
/// Tells which identities ask a shard for less than their fair share of it, by a virtual clock for each. What an identity takes moves its clock on by the
/// time that the shard needs for it, times the number of identities that share the shard. A clock that is ahead of time says that its identity asks for
/// more than its fair share. The owner of this object guards it.
/// </summary>
/// <param name="allowance">How far an identity may run ahead, in ticks.</param>
internal sealed class IdentityPaces(long allowance)
{
    private const int MostKept = 1_000;

    private readonly Dictionary<string, long> _clocks = new(StringComparer.Ordinal);

    /// <summary>Takes something for an identity if it is below its fair share.</summary>
    /// <param name="cost">How long the shard is busy with it, in ticks.</param>
    /// <param name="parts">Among how many the shard is shared.</param>
    /// <param name="now">The time, in ticks.</param>
    public bool TryTake(string identity, long cost, int parts, long now)
    {
        var clock = Math.Max(_clocks.GetValueOrDefault(identity, now), now);
        if (clock - now > allowance)
            return false;
        if (_clocks.Count >= MostKept)
            Forget(now);
        _clocks[identity] = clock + (cost * parts);
        return true;
    }

    /// <summary>Forgets who is not ahead: they begin where a newcomer does.</summary>
    private void Forget(long now)
    {
        foreach (var (identity, clock) in _clocks)
        {
            if (clock <= now)
                _clocks.Remove(identity);
        }
    }
}
