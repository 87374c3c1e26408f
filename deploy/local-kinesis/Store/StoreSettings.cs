using Orleans.Kpl.LocalKinesis.Limits;

namespace Orleans.Kpl.LocalKinesis.Store;

/// <summary>What streams and shards need to know of the endpoint they are in.</summary>
internal sealed class StoreSettings(LocalKinesisOptions options, EndpointClock clock, Retention retention)
{
    private volatile ReshardTiming _reshards = options.Reshards;

    public LocalKinesisOptions Options => options;
    public EndpointClock Clock => clock;
    public Retention Retention => retention;
    public ArrivalJitter Jitter { get; } = new(options.ArrivalJitter, options.Seed);

    /// <summary>How the next reshard goes.</summary>
    public ReshardTiming Reshards { get => _reshards; set => _reshards = value; }
}
