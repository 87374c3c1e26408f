using System.Text.Json.Serialization;

namespace Orleans.Kpl;

/// <summary>What an entry of a stream's history tells of.</summary>
public enum StreamOperationKind
{
    /// <summary>One shard was to be split.</summary>
    [JsonStringEnumMemberName("split")]
    Split,

    /// <summary>Two shards were to be merged.</summary>
    [JsonStringEnumMemberName("merge")]
    Merge,

    /// <summary>A number of shards was asked for.</summary>
    [JsonStringEnumMemberName("scale")]
    Scale,

    /// <summary>The policy changed the shards.</summary>
    [JsonStringEnumMemberName("policy")]
    Policy,

    /// <summary>The policy decided something that was not carried out, or its settings were changed.</summary>
    [JsonStringEnumMemberName("decision")]
    Decision,
}
