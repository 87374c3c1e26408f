namespace Orleans.Kpl.Testing;

/// <summary>What a call to a grain may end with while a silo that was lost is not yet declared dead.</summary>
internal static class SiloLoss
{
    /// <summary>A cancelled search for the grain, which nobody here cancelled, is one of Orleans' ways to say so.</summary>
    public static bool MayExplain(Exception error) => error is Runtime.OrleansException or TimeoutException or OperationCanceledException;
}
