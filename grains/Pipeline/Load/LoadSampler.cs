using System.Runtime.CompilerServices;

namespace Orleans.Kpl.Pipeline.Load;

/// <summary>
/// Picks user records by their bytes: one per interval, at a jittered distance, so that sampling does not fall into step with a regular sequence of
/// keys. Each pick represents the same number of bytes. A mutable value: keep it in a field, under the lock that the records take anyway.
/// </summary>
internal struct LoadSampler
{
    // The largest one first: where each record touches it, its size matters.
    private long _left;
    private readonly int _interval;
    private uint _random;

    /// <param name="interval">The bytes that one pick represents.</param>
    /// <param name="seed">Differs between shards.</param>
    public LoadSampler(int interval, uint seed)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(interval);
        _interval = interval;
        _random = (seed * 2_654_435_761) | 1;
        _left = Distance();
    }

    /// <summary>Counts a user record. True when it must be reported to <see cref="ShardLoad.OnSample"/>.</summary>
    /// <param name="bytes">The bytes of its data and key.</param>
    /// <param name="weight">The bytes that it represents.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool Picks(int bytes, out long weight)
    {
        weight = 0;
        _left -= bytes;
        return _left < 0 && Pick(out weight);
    }

    /// <summary>Whether a user record of this many bytes would not be picked.</summary>
    public readonly bool IsFar(int bytes) => _left >= bytes;

    /// <summary>Counts a user record that is not picked.</summary>
    public void Pass(int bytes) => _left -= bytes;

    private bool Pick(out long weight)
    {
        // A large record counts as one pick for each interval that it spans.
        var picks = 1 + (-_left / _interval);
        weight = picks * _interval;
        _left += ((picks - 1) * _interval) + Distance();
        return true;
    }

    /// <summary>Returns a distance between half an interval and one and a half.</summary>
    private long Distance()
    {
        _random ^= _random << 13;
        _random ^= _random >> 17;
        _random ^= _random << 5;
        return (_interval / 2) + (long)(((ulong)_random * (ulong)(_interval + 1)) >> 32);
    }
}
