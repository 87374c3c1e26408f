namespace Orleans.Kpl;

/// <summary>The partition key of an aggregate.</summary>
public enum ContainerKey
{
    /// <summary>The letter <c>a</c>, as KPL. The default.</summary>
    A = 0,

    /// <summary>The partition key of the first member.</summary>
    First,

    /// <summary>
    /// The partition key of all members: an aggregate has records of one key only, so that consumers that share a shard by partition key (Lambda's
    /// parallelisation factor) keep each key's records together. At most 64 aggregates are open in a shard; then the oldest leaves. Streams with few
    /// records a key gain little from aggregation. Not on ordered streams.
    /// </summary>
    SameKeyOnly,
}
