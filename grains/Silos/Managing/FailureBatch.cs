namespace Orleans.Kpl.Silos.Managing;

/// <summary>Failures of one stream that a silo reports together.</summary>
/// <param name="Entries">The failures, in the order that they happened.</param>
/// <param name="LeftOut">How many more there were: too many to be reported.</param>
internal sealed record FailureBatch(IReadOnlyList<FailureEntry> Entries, long LeftOut = 0);

/// <summary>One record that failed.</summary>
/// <param name="EndedAt">When it failed, by the clock of its silo.</param>
/// <param name="Silo">The silo that accepted it, as users see it; empty where it is not known.</param>
/// <param name="Result">The result, with the record.</param>
/// <param name="Number">Its place in the stream's list, from 1; 0 before it has one.</param>
internal sealed record FailureEntry(DateTimeOffset EndedAt, string Silo, RecordResult Result, long Number = 0);

/// <summary>Some of the failures of a stream's list.</summary>
/// <param name="Entries">The failures, oldest first.</param>
/// <param name="Next">The number to go on with.</param>
/// <param name="HasMore">Whether there are later ones already.</param>
/// <param name="Missed">How many before the first are in the list no more.</param>
/// <param name="Since">When the list was begun.</param>
internal sealed record FailureEntryPage(IReadOnlyList<FailureEntry> Entries, long Next, bool HasMore, long Missed, DateTimeOffset Since);
