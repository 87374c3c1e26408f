namespace Orleans.Kpl.Silos.Managing;

/// <summary>Says that a stream's list of failures has grown.</summary>
/// <param name="Stream">The stream, by its canonical name.</param>
/// <param name="Last">The number of the last failure.</param>
/// <param name="Count">How many came since the last notice of the same list.</param>
/// <param name="Since">When the list was begun.</param>
internal sealed record FailureNotice(string Stream, long Last, long Count, DateTimeOffset Since);
