namespace Orleans.Kpl.Run.Preparing;

/// <summary>A record that can be put, or why it cannot.</summary>
/// <param name="Stream">The stream's name or ARN.</param>
/// <param name="HashKey">The explicit hash key; null for none.</param>
/// <param name="ErrorCode">The error code of a record that cannot be put; null for one that can.</param>
/// <param name="ErrorMessage">Why it cannot be put, for people.</param>
internal readonly record struct PreparedRecord(string Stream, string Key, UInt128? HashKey, string? ErrorCode, string? ErrorMessage)
{
    public static PreparedRecord Failure(string code, string message) => new("", "", null, code, message);
}
