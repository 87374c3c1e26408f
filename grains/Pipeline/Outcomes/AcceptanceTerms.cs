using Orleans.Kpl.Pipeline.Backlog;

namespace Orleans.Kpl.Pipeline.Outcomes;

/// <summary>What records that were accepted together have in common.</summary>
/// <param name="Generation">Which flush waits for them.</param>
/// <param name="AcceptedAt">When they were accepted.</param>
/// <param name="ExpiresAt">When they expire.</param>
/// <param name="Immediate">Whether their caller asked for no linger.</param>
/// <param name="Use">What the backlog is to them.</param>
internal readonly record struct AcceptanceTerms(FlushGeneration Generation, long AcceptedAt, long ExpiresAt, bool Immediate, BacklogUse Use = BacklogUse.None);
