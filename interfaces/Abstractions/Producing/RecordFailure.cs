namespace Orleans.Kpl;

/// <summary>Tells of one record that ended without success, with the record, so that it can be put elsewhere.</summary>
/// <param name="Stream">The stream it was put to.</param>
/// <param name="Record">The record.</param>
/// <param name="Result">Its end, with the reason and every attempt.</param>
public sealed record RecordFailure(string Stream, UserRecord Record, RecordResult Result);
