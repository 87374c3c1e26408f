using Orleans.Kpl.Pipeline.Records;

namespace Orleans.Kpl.Silos.Links;

/// <summary>The part of a packed record that is kept here: the member that gets its outcome, and its attempts so far.</summary>
internal readonly record struct QueuedRecord(MemberRef Member, AttemptChain? History, long Charge, bool IsDueAtOnce);
