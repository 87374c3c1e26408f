namespace Orleans.Kpl.Pipeline.Load;

/// <summary>
/// Picks user records by their bytes: one per interval, at a jittered distance, so that sampling does not fall into step with a regular sequence of
/// keys. Each pick represents the same number of bytes. The records' owner counts the distance down, so that most records cost a subtraction. A mutable
/// value: keep it in a field, under the lock that the records take anyway.
/// </summary>
/// <param name="interval">The bytes that one pick represents.</param>
/// <param name="seed">Differs between shards.</param>
internal struct LoadSampler(int interval, uint seed)
{
    private uint _random = (seed * 2_654_435_761) | 1;

    /// <summary>Picks the record with which that many bytes had come.</summary>
    /// <param name="left">What is left of the distance: below zero, by what the record has beyond it.</param>
    /// <param name="weight">The bytes that the record represents.</param>
    /// <returns>How many bytes come before the next pick.</returns>
    public long Next(long left, out long weight)
    {
        // A large record counts as one pick for each interval that it spans.
        var picks = 1 + (-left / interval);
        weight = picks * interval;
        return left + ((picks - 1) * interval) + Distance();
    }

    /// <summary>Returns how many bytes of data and keys come before a pick, the first for one: between half an interval and one and a half.</summary>
    public long Distance()
    {
        _random ^= _random << 13;
        _random ^= _random >> 17;
        _random ^= _random << 5;
        return (interval / 2) + (long)(((ulong)_random * (ulong)(interval + 1)) >> 32);
    }
}
