using Orleans.Kpl.LocalKinesis.Limits;

namespace Orleans.Kpl.LocalKinesis.Store;

/// <summary>What streams and shards need to know of the endpoint they are in.</summary>
internal sealed record StoreSettings(LocalKinesisOptions Options, EndpointClock Clock, Retention Retention, ArrivalJitter Jitter);
