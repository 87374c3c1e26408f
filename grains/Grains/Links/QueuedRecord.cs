using Orleans.Kpl.Pipeline.Records;

namespace Orleans.Kpl.Grains.Links;

/// <summary>What stays here of a record that is packed: where its end goes, and what it went through before.</summary>
internal readonly record struct QueuedRecord(MemberRef Member, AttemptChain? History, long Charge, bool IsDueAtOnce);
