namespace Orleans.Kpl.Pipeline.Tests.Simulation;

/// <summary>Streams of two shards whose lower one has as much as it can take. Rates are a tenth of Kinesis'.</summary>
internal static class FullShard
{
    public const int Size = 5_000;

    public static UInt128 Lower => UInt128.Zero;

    public static UInt128 Upper => UInt128.MaxValue;

    public static void Tenth(KplOptions options) => (options.RateLimit, options.MaxOutstandingBytes) = (10, 256 << 20);

    public static Action<KplOptions> TenthAnd(Action<KplOptions> more) => Tenth + more;

    public static UserRecord Of(UInt128 hashKey) => new("hot", new byte[Size], hashKey);

    /// <summary>Puts more for the lower shard, or another, than it takes in half a minute, unless told otherwise, without waiting for room.</summary>
    public static async Task FillAsync(PipelineHarness harness, int records = 1_000, UInt128? shard = null)
    {
        await PipelineHarness.SettleAsync();
        await harness.Producer.EnqueueAsync(PipelineHarness.Stream, Of(Upper), PutOptions.WithoutLinger);
        for (var i = 0; i < records; i++)
        {
            var enqueuing = harness.Producer.EnqueueAsync(PipelineHarness.Stream, Of(shard ?? Lower)).AsTask();
            await PipelineHarness.SettleAsync();
            if (!enqueuing.IsCompleted)
                return;
            if (enqueuing.Result.Delivery is { IsCompletedSuccessfully: true, Result.ErrorCode: RecordErrorCodes.Dropped })
                return;
        }
    }
}
