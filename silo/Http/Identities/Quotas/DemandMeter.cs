namespace Orleans.Kpl.Http.Identities.Quotas;

/// <summary>Measures what is wanted a second. After a refusal nobody knows how much that is: then it is whatever there is.</summary>
internal sealed class DemandMeter
{
    /// <summary>Below it nothing is wanted.</summary>
    private const double Least = 0.01;

    private long _lastCount;
    private double _lastRate;
    private bool _isRefused;

    /// <summary>Notes that some was refused.</summary>
    public void Refuse() => _isRefused = true;

    /// <summary>Returns what was wanted a second since the last call; infinity after a refusal. It falls by half at most, for bursts come again.</summary>
    /// <param name="count">All that was taken so far.</param>
    /// <param name="since">The time since the last call; longer than zero.</param>
    public double Take(long count, TimeSpan since)
    {
        _lastRate = Math.Max((count - _lastCount) / since.TotalSeconds, _lastRate / 2);
        if (_lastRate < Least)
            _lastRate = 0;
        var wanted = _isRefused ? double.PositiveInfinity : _lastRate;
        (_lastCount, _isRefused) = (count, false);
        return wanted;
    }
}
