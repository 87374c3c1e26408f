using System.Text.Json.Serialization;

namespace Orleans.Kpl;

/// <summary>Whether a stream is scaled automatically.</summary>
public enum ScalingMode
{
    /// <summary>
    /// The stream is not scaled. Switching to this mode stops scaling at once: a running change of the policy ends with its current
    /// step.
    /// </summary>
    [JsonStringEnumMemberName("off")]
    Off,

    /// <summary>Decisions are reported with their plans, but not carried out.</summary>
    [JsonStringEnumMemberName("dry_run")]
    DryRun,

    /// <summary>Decisions are carried out.</summary>
    [JsonStringEnumMemberName("on")]
    On,
}
