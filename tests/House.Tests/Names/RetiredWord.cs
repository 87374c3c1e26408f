namespace Orleans.Kpl.House.Tests;

/// <summary>A word that the glossary has replaced, and what is said instead.</summary>
/// <param name="Except">A word that may stand before it: <c>DeadLetter</c> is no letter.</param>
internal sealed record RetiredWord(string Word, string Instead, string? Except = null);
