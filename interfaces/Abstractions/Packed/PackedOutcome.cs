namespace Orleans.Kpl.Packed;

/// <summary>The outcome of one record, by the record's index.</summary>
/// <param name="Index">The number of the record, as agreed between sender and receiver; never negative.</param>
/// <param name="Result">Its outcome, without the record itself: the receiver that kept the record adds it (<c>RecordResult.WithRecord</c>).</param>
internal readonly record struct PackedOutcome(long Index, RecordResult Result);
