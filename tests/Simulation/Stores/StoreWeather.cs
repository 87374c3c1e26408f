using Orleans.Kpl.Simulation.Clockwork;

namespace Orleans.Kpl.Simulation.Stores;

/// <summary>How calls to a store of the backlog fare at the moment.</summary>
internal sealed class StoreWeather
{
    /// <summary>How a table's calls travel.</summary>
    public Weather Network { get; } = new() { OneWay = TimeSpan.FromMilliseconds(4) };

    /// <summary>What every call fails with; null where calls work.</summary>
    public Func<Exception>? Error { get; set; }

    /// <summary>Whether there is no space.</summary>
    public bool IsFull { get; set; }

    /// <summary>Until when no call is answered.</summary>
    public long SilentUntil { get; set; }

    /// <summary>Whether the next write of a shard's owner is made, and its answer lost.</summary>
    public bool LosesNextEpoch { get; set; }
}
