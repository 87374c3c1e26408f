namespace Orleans.Kpl.Scaling.Operations;

/// <summary>Where an operation is in its current step, and how it ended.</summary>
internal enum OperationPhase
{
    /// <summary>The step's boundaries are to be announced to those who send.</summary>
    Announcing,

    /// <summary>They know; Kinesis is to be called, or was called and the answer is not known.</summary>
    Calling,

    /// <summary>Kinesis has accepted the call; the stream is to become ACTIVE and show the result.</summary>
    Waiting,

    /// <summary>Every step was done.</summary>
    Done,

    /// <summary>It ended before, by request or because the shards are not those that were planned for. What was done stays.</summary>
    Stopped,

    /// <summary>Kinesis refuses to go on. What was done stays.</summary>
    Failed,
}
