namespace Orleans.Kpl;

/// <summary>Where a setting may appear, and whether it has an effect.</summary>
internal enum KplSettingScope
{
    /// <summary>In section <c>Kpl</c> for all streams, and in <c>Kpl:Streams:NAME</c> for one.</summary>
    Stream = 0,

    /// <summary>In section <c>Kpl</c> or <c>Kpl:Kinesis</c>, once for the process.</summary>
    Process,

    /// <summary>A setting of KPL that has no meaning here: accepted with a warning.</summary>
    NoEffect,

    /// <summary>In section <c>Kpl:Cluster</c> or <c>Kpl:DynamoDb</c>, for a silo or a cluster's client.</summary>
    Cluster,
}
