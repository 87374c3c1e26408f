using System.Text.Json.Serialization;

namespace Orleans.Kpl;

/// <summary>Whether a stream is scaled by itself.</summary>
public enum ScalingMode
{
    /// <summary>Not at all; also the way to stop it at once: a change of its own that is running ends with its current step.</summary>
    [JsonStringEnumMemberName("off")]
    Off,

    /// <summary>Decisions are told, with their plans, and not carried out.</summary>
    [JsonStringEnumMemberName("dry_run")]
    DryRun,

    /// <summary>Decisions are carried out.</summary>
    [JsonStringEnumMemberName("on")]
    On,
}
