namespace Orleans.Kpl.Simulation.Scale;

/// <summary>How large a scale run is, and when what happens in it.</summary>
internal sealed record ScalePlan
{
    /// <summary>The stream whose records keep no order.</summary>
    public const string Stream = "events";

    /// <summary>The stream whose records keep their order.</summary>
    public const string OrderedStream = "orders";

    public int Seed { get; init; } = 1;

    public int Silos { get; init; } = 64;

    /// <summary>The shards of both streams, before they are doubled.</summary>
    public int Shards { get; init; } = 5_000;

    /// <summary>How many of them belong to the ordered stream; 0 for no such stream.</summary>
    public int Ordered { get; init; } = 500;

    /// <summary>For how long records are put.</summary>
    public TimeSpan Time { get; init; } = TimeSpan.FromHours(1);

    /// <summary>In how many batches, at as many silos, the records of one second are put.</summary>
    public int Batches { get; init; } = 4;

    /// <summary>When the silos are restarted, one after the other.</summary>
    public TimeSpan RestartsAt => Time * 0.1;

    /// <summary>How long a process needs to start.</summary>
    public static TimeSpan StartTakes { get; } = TimeSpan.FromSeconds(5);

    /// <summary>When a third of the silos is lost at once; not before all have restarted.</summary>
    public TimeSpan LostAt => Time * 0.55;

    /// <summary>When they come back.</summary>
    public TimeSpan BackAt => Time * 0.63;

    /// <summary>When the shards are doubled.</summary>
    public TimeSpan DoublesAt => Time * 0.72;

    /// <summary>How long the service takes to double them.</summary>
    public TimeSpan DoublingTakes => Time * 0.08;

    /// <summary>Whether a silo stands in the zone that is lost.</summary>
    public static bool IsInLostZone(int silo) => silo % 3 == 0;
}
