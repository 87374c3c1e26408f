namespace Orleans.Kpl;

/// <summary>By what the values of a metric are told apart (KPL <c>MetricsGranularity</c>).</summary>
public enum MetricsGranularity
{
    /// <summary>By shard for a stream with up to 500 open shards, else by stream.</summary>
    Auto,

    /// <summary>By nothing: one value for the process.</summary>
    Global,

    /// <summary>By stream.</summary>
    Stream,

    /// <summary>By stream and shard.</summary>
    Shard,
}
