namespace Orleans.Kpl.Glue.Registry;

/// <summary>A version that was found, and when.</summary>
/// <param name="Id">The version.</param>
/// <param name="FoundAt">The time stamp of the answer.</param>
internal sealed record KnownVersion(Guid Id, long FoundAt);
