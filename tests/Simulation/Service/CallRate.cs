namespace Orleans.Kpl.Simulation.Service;

/// <summary>Counts calls, or units of them, in each simulated second, against what AWS allows.</summary>
/// <param name="name">What is counted.</param>
/// <param name="quota">What AWS allows in a second.</param>
/// <param name="scope">For what the quota holds: an account, a stream, a table.</param>
internal sealed class CallRate(string name, double quota, string scope)
{
    private long _second = -1;
    private double _now;

    public string Name => name;

    public double Quota => quota;

    public string Scope => scope;

    /// <summary>All that was counted.</summary>
    public double Total { get; private set; }

    /// <summary>The most in one second.</summary>
    public double Peak { get; private set; }

    /// <summary>Calls that came above the quota.</summary>
    public long Refused { get; private set; }

    /// <summary>Counts a call. False where it is above the quota of its second.</summary>
    /// <param name="now">The instant.</param>
    /// <param name="units">What it counts for.</param>
    public bool TryTake(long now, double units = 1)
    {
        var second = now / TimeSpan.TicksPerSecond;
        if (second != _second)
            (_second, _now) = (second, 0);
        _now += units;
        Total += units;
        Peak = Math.Max(Peak, _now);
        if (_now <= quota)
            return true;
        Refused++;
        return false;
    }
}
