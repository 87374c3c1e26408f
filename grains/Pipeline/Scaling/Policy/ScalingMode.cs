namespace Orleans.Kpl.Pipeline.Scaling.Policy;

/// <summary>Whether a stream is scaled by itself.</summary>
internal enum ScalingMode
{
    /// <summary>Not at all; also the way to stop it at once.</summary>
    Off,

    /// <summary>Decisions are told, with their plans, and not carried out.</summary>
    DryRun,

    /// <summary>Decisions are carried out.</summary>
    On,
}
