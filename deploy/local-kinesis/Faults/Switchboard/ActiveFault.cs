namespace Orleans.Kpl.LocalKinesis.Faults.Switchboard;

/// <summary>A fault on the switchboard.</summary>
/// <param name="Id">By which it is removed.</param>
/// <param name="Matches">Calls, or records, that it could have hit so far.</param>
/// <param name="Hits">Those that it hit.</param>
public sealed record ActiveFault(int Id, Fault Fault, long Matches, long Hits);
