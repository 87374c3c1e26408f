using Orleans.Kpl.Client.Tests.Tiers;

namespace Orleans.Kpl.Client.Tests.Fakes;

/// <summary>Waits for what nobody signals.</summary>
internal static class Waiting
{
    public static async Task UntilAsync(Func<bool> condition)
    {
        using var limit = new CancellationTokenSource(ClientTier.Long);
        while (!condition())
        {
            limit.Token.ThrowIfCancellationRequested();
            await Task.Yield();
        }
    }
}
