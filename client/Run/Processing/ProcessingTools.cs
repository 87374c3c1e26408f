namespace Orleans.Kpl.Run.Processing;

/// <summary>What steps take from outside.</summary>
/// <param name="Uuid">Makes a random UUID.</param>
internal sealed record ProcessingTools(TimeProvider Time, Func<string> Uuid);
