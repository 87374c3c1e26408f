using Orleans.Kpl.Testing;

namespace Orleans.Kpl.Grains.Tests.Tiers;

/// <summary>Waits for what a tier does to its stream's shards.</summary>
internal static class TierOperations
{
    /// <summary>The operation when it has ended.</summary>
    public static Task<StreamOperation> EndOfAsync(this Tier tier, StartedOperation started) =>
        tier.WhenAsync(o => o.State != OperationState.Running, started.OperationId);

    /// <summary>The operation when it is so far.</summary>
    public static async Task<StreamOperation> WhenAsync(this Tier tier, Func<StreamOperation, bool> condition, string id)
    {
        using var limit = new CancellationTokenSource(Tier.Long);
        using var timer = new PeriodicTimer(Tier.Step);
        while (true)
        {
            try
            {
                var operation = await tier.Manager.GetOperation(id);
                if (condition(operation))
                    return operation;
            }
            catch (Exception e) when (SiloLoss.MayExplain(e) && !limit.IsCancellationRequested)
            {
                // The manager's silo has just been killed.
            }

            await timer.WaitForNextTickAsync(limit.Token);
        }
    }

    /// <summary>Completes when the stream takes changes.</summary>
    public static async Task ActiveAsync(this Tier tier)
    {
        using var limit = new CancellationTokenSource(Tier.Long);
        while (tier.Server.Kinesis.Get(Tier.Stream).Status != LocalKinesis.StreamStatus.Active)
            await Task.Delay(Tier.Step, limit.Token);
    }
}
