namespace Orleans.Kpl.LocalKinesis;

/// <summary>The state a stream is in.</summary>
public enum StreamStatus
{
    /// <summary>CREATING: known, but nothing can be put or read yet.</summary>
    Creating,

    /// <summary>ACTIVE.</summary>
    Active,

    /// <summary>UPDATING: puts and reads go on, further changes are refused.</summary>
    Updating,

    /// <summary>DELETING: puts are still accepted, but nothing will come of them.</summary>
    Deleting,

    /// <summary>Gone; only the account still knows it.</summary>
    Deleted,
}
