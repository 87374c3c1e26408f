namespace Orleans.Kpl.Pipeline.Records;

/// <summary>A record that another process owned has come to its end there, or nobody can tell.</summary>
/// <param name="Member">Where its end goes.</param>
/// <param name="Charge">What it holds of the room here.</param>
/// <param name="Result">Its end; with the record itself where it was not delivered.</param>
internal readonly record struct ForwardedOutcome(MemberRef Member, long Charge, RecordResult Result);
