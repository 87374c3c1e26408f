namespace Orleans.Kpl.Pipeline.Telemetry;

/// <summary>What a process does for the records that its metrics count. A record counts once in each role, so only one of them is added up.</summary>
internal enum ProducerRole
{
    /// <summary>A producer that sends to Kinesis itself: in an application, or the local tier.</summary>
    Embedded,

    /// <summary>A silo of the tier. The silo that accepts a record counts it as received or failed, the owner of its shard counts it as put.</summary>
    Silo,

    /// <summary>A client of the tier. Its silos count each record once more.</summary>
    Client,
}
