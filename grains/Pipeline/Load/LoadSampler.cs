using System.Runtime.CompilerServices;

namespace Orleans.Kpl.Pipeline.Load;

/// <summary>
/// Picks user records by their bytes: one for each so many, at a jittered distance, so that a regular sequence of keys is not met in
/// step. Each pick stands for the same number of bytes. A mutable value: keep it in a field, under the lock that the records meet anyway.
/// </summary>
internal struct LoadSampler
{
    private readonly int _interval;
    private long _left;
    private uint _random;

    /// <param name="interval">Bytes that one pick stands for.</param>
    /// <param name="seed">Differs between shards.</param>
    public LoadSampler(int interval, uint seed)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(interval);
        _interval = interval;
        _random = (seed * 2_654_435_761) | 1;
        _left = Distance();
    }

    /// <summary>Counts a user record; true when it is to be told to <see cref="IShardLoadObserver.OnSample"/>.</summary>
    /// <param name="bytes">Its data and key.</param>
    /// <param name="weight">Bytes that it stands for.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool Picks(int bytes, out long weight)
    {
        weight = 0;
        _left -= bytes;
        return _left < 0 && Pick(out weight);
    }

    /// <summary>Whether a user record of so many bytes would not be picked.</summary>
    public readonly bool IsFar(int bytes) => _left >= bytes;

    /// <summary>Counts one that is not.</summary>
    public void Pass(int bytes) => _left -= bytes;

    private bool Pick(out long weight)
    {
        // A large record is as many picks as it holds intervals.
        var picks = 1 + (-_left / _interval);
        weight = picks * _interval;
        _left += ((picks - 1) * _interval) + Distance();
        return true;
    }

    /// <summary>Between half and one and a half intervals.</summary>
    private long Distance()
    {
        _random ^= _random << 13;
        _random ^= _random >> 17;
        _random ^= _random << 5;
        return (_interval / 2) + (long)(((ulong)_random * (ulong)(_interval + 1)) >> 32);
    }
}
