namespace Orleans.Kpl.Testing;

/// <summary>What a call to a grain may end with while a silo that was lost is not yet declared dead.</summary>
internal static class SiloLoss
{
    /// <summary>A cancelled search for the grain, which nobody here cancelled, is one of Orleans' ways to say so.</summary>
    public static bool MayExplain(Exception error) => error is Runtime.OrleansException or TimeoutException or OperationCanceledException;

    /// <summary>The answer; nothing, or the type's default, where the silo that was asked may be lost.</summary>
    /// <param name="mayExplain">What else may be the loss of a silo.</param>
    public static async Task<T?> TryAsync<T>(Func<Task<T>> ask, Predicate<Exception>? mayExplain = null)
    {
        try
        {
            return await ask();
        }
        catch (Exception e) when (MayExplain(e) || mayExplain?.Invoke(e) == true)
        {
            return default;
        }
    }
}
