namespace Orleans.Kpl.Packed;

/// <summary>The end of one record, by its place.</summary>
/// <param name="Index">The place of the record, as those who send and receive it count; never negative.</param>
/// <param name="Result">Its end, without the record itself: whoever kept that adds it (<c>RecordResult.WithRecord</c>).</param>
internal readonly record struct PackedOutcome(long Index, RecordResult Result);
