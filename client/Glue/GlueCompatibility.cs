namespace Orleans.Kpl.Glue;

/// <summary>What Glue demands of later versions of a schema that is created here (AWS Glue API, Compatibility).</summary>
public enum GlueCompatibility
{
    /// <summary>BACKWARD: consumers with the new version can read data of the last one.</summary>
    Backward = 0,

    /// <summary>BACKWARD_ALL: as BACKWARD, for all earlier versions.</summary>
    BackwardAll,

    /// <summary>FORWARD: consumers with the last version can read data of the new one.</summary>
    Forward,

    /// <summary>FORWARD_ALL: as FORWARD, for all earlier versions.</summary>
    ForwardAll,

    /// <summary>FULL: both, against the last version.</summary>
    Full,

    /// <summary>FULL_ALL: both, against all earlier versions.</summary>
    FullAll,

    /// <summary>NONE: nothing is demanded.</summary>
    None,

    /// <summary>DISABLED: no further version is taken.</summary>
    Disabled,
}
