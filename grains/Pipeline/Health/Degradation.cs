namespace Orleans.Kpl.Pipeline.Health;

/// <summary>Calls of a stream that failed one after the other.</summary>
/// <param name="Since">When the first of them failed.</param>
/// <param name="Failures">How many there were.</param>
/// <param name="Code">The latest error code.</param>
/// <param name="Message">The latest message, for operators only: it may have the service's words.</param>
internal sealed record Degradation(long Since, int Failures, string Code, string Message)
{
    /// <summary>Adds a failure to those before it, if there were any.</summary>
    public static Degradation Then(Degradation? before, long now, string code, string message) =>
        new(before?.Since ?? now, (before?.Failures ?? 0) + 1, code, message);
}
