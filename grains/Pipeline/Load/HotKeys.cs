using System.Text;

namespace Orleans.Kpl.Pipeline.Load;

/// <summary>
/// The heaviest hash keys of a shard in fixed memory: the Space-Saving sketch (Metwally, Agrawal, El Abbadi 2005). It always contains every key with
/// more than 1/64 of the weight, and never overstates a key's weight. Not thread-safe.
/// </summary>
internal sealed class HotKeys
{
    public const int Slots = 64;

    /// <summary>Keys below this share are not reported, and their text is not kept.</summary>
    private const double LeastShare = 1.0 / 32;

    /// <summary>The slots that there are at first: a shard with little load, among thousands of others, needs no more for a while.</summary>
    private const int FirstSlots = 16;

    private ulong[] _low = new ulong[FirstSlots];
    private ulong[] _high = new ulong[FirstSlots];
    private double[] _weights = new double[FirstSlots];
    private double[] _errors = new double[FirstSlots];
    private string?[]? _texts;
    private int _used;
    private double _total;

    public HotKeys(bool keepText) => _texts = keepText ? new string?[FirstSlots] : null;

    public void Add(UInt128 hashKey, ReadOnlySpan<byte> partitionKey, double weight)
    {
        _total += weight;
        var slot = Find(hashKey);
        if (slot < 0)
            slot = Take(hashKey);
        _weights[slot] += weight;
        if (_texts is not null && _texts[slot] is null && IsHot(slot))
            _texts[slot] = Encoding.UTF8.GetString(partitionKey);
    }

    /// <summary>Multiplies all observed weights.</summary>
    public void Fade(double factor)
    {
        _total *= factor;
        for (var slot = 0; slot < _used; slot++)
        {
            _weights[slot] *= factor;
            _errors[slot] *= factor;
        }
    }

    /// <summary>The heavy keys, heaviest first.</summary>
    public HotKey[] ToArray() =>
        [.. Enumerable.Range(0, _used).Where(IsHot)
            .Select(s => new HotKey(new UInt128(_high[s], _low[s]), (_weights[s] - _errors[s]) / _total, _texts?[s]))
            .OrderByDescending(k => k.Share)];

    /// <summary>The share of the heaviest key; 0 where no key is heavy.</summary>
    public double Heaviest()
    {
        var most = 0.0;
        for (var slot = 0; slot < _used; slot++)
        {
            if (IsHot(slot))
                most = Math.Max(most, _weights[slot] - _errors[slot]);
        }

        return most > 0 ? most / _total : 0;
    }

    private bool IsHot(int slot) => _weights[slot] - _errors[slot] >= LeastShare * _total && _total > 0;

    private int Find(UInt128 hashKey)
    {
        var (high, low) = ((ulong)(hashKey >> 64), (ulong)hashKey);
        for (var from = 0; ;)
        {
            var found = _low.AsSpan(from, _used - from).IndexOf(low);
            if (found < 0 || _high[from + found] == high)
                return found < 0 ? -1 : from + found;
            from += found + 1;
        }
    }

    /// <summary>Returns a free slot, or the lightest one, whose weight becomes the error of the new key.</summary>
    private int Take(UInt128 hashKey)
    {
        if (_used == _low.Length && _used < Slots)
            Grow();
        var slot = _used < Slots ? _used++ : Lightest();
        _high[slot] = (ulong)(hashKey >> 64);
        _low[slot] = (ulong)hashKey;
        _errors[slot] = _weights[slot];
        _texts?[slot] = null;
        return slot;
    }

    private void Grow()
    {
        Array.Resize(ref _low, _used * 2);
        Array.Resize(ref _high, _used * 2);
        Array.Resize(ref _weights, _used * 2);
        Array.Resize(ref _errors, _used * 2);
        if (_texts is not null)
            Array.Resize(ref _texts, _used * 2);
    }

    private int Lightest()
    {
        var lightest = 0;
        for (var slot = 1; slot < Slots; slot++)
        {
            if (_weights[slot] < _weights[lightest])
                lightest = slot;
        }

        return lightest;
    }
}

/// <summary>A hash key that carries much of a shard's load: in practice one partition key.</summary>
/// <param name="Hash">The hash key.</param>
/// <param name="Share">The least share of the shard's bytes that it carries, 0 to 1.</param>
/// <param name="Key">The partition key's text, where it is kept.</param>
internal sealed record HotKey(UInt128 Hash, double Share, string? Key);
