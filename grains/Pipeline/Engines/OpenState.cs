namespace Orleans.Kpl.Pipeline.Engines;

/// <summary>A look at an engine: bytes in its open aggregate, that one's deadline, and when its oldest record was accepted.</summary>
internal readonly record struct OpenState(int OpenBytes, long Deadline, long OldestAcceptedAt);
