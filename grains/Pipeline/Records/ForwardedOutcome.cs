namespace Orleans.Kpl.Pipeline.Records;

/// <summary>The outcome of a record that was forwarded to another process. It may be unknown.</summary>
/// <param name="Member">Where its outcome goes.</param>
/// <param name="Charge">Its charge against the memory limit here.</param>
/// <param name="Result">Its outcome, with the record itself where it was not delivered.</param>
/// <param name="Number">The producer number that it was forwarded with, where it was not delivered; null where it had none.</param>
internal readonly record struct ForwardedOutcome(MemberRef Member, long Charge, RecordResult Result, ProducerNumber? Number = null);
