namespace Orleans.Kpl.Pipeline.Backlog.Writing;

/// <summary>Whether the store takes segments.</summary>
internal enum StoreState
{
    /// <summary>It takes segments, as far as is known.</summary>
    Good,

    /// <summary>It has not acknowledged a segment for too long.</summary>
    Down,

    /// <summary>It has no space.</summary>
    Full,

    /// <summary>Another process owns the log, or this one stops: nothing is written any more.</summary>
    Stopped,
}
