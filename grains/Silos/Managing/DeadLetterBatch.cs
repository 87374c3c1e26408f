namespace Orleans.Kpl.Silos.Managing;

/// <summary>Dead letters of one stream that a silo hands to the stream's manager.</summary>
/// <param name="Id">Names the report: it is sent again under this name until it is answered.</param>
/// <param name="Letters">The dead letters.</param>
/// <param name="Silo">The silo that hands them over, as users see it; empty where it is not known.</param>
internal sealed record DeadLetterBatch(Guid Id, IReadOnlyList<DeadLetter> Letters, string Silo);
