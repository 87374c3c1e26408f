using System.Collections.Concurrent;

namespace Orleans.Kpl.LocalKinesis.Operations;

/// <summary>How often control-plane operations may be called (AWS, "Quotas and limits"): most by the account, some by stream.</summary>
internal sealed class CallLimits
{
    private const int ResizesADay = 10;
    private const int ModeSwitchesADay = 2;

    private static readonly Dictionary<string, int> PerSecondOfAccount = new()
    {
        ["CreateStream"] = 5, ["DeleteStream"] = 5, ["DescribeStream"] = 10, ["DescribeStreamSummary"] = 20, ["ListStreams"] = 5,
        ["DescribeLimits"] = 1, ["DescribeAccountSettings"] = 5, ["UpdateAccountSettings"] = 5,
        ["SplitShard"] = 5, ["MergeShards"] = 5, ["UpdateShardCount"] = 10, ["RegisterStreamConsumer"] = 5, ["UpdateStreamWarmThroughput"] = 5,
        ["AddTagsToStream"] = 5, ["RemoveTagsFromStream"] = 5, ["ListTagsForStream"] = 5,
    };

    private static readonly Dictionary<string, int> PerSecondOfStream = new()
    {
        ["ListShards"] = 1_000, ["IncreaseStreamRetentionPeriod"] = 5, ["DecreaseStreamRetentionPeriod"] = 5,
        ["DeregisterStreamConsumer"] = 5, ["DescribeStreamConsumer"] = 20, ["ListStreamConsumers"] = 5,
    };

    private readonly ConcurrentDictionary<(string Operation, string? Stream), Queue<long>> _calls = new();

    /// <summary>Counts a call, or throws LimitExceededException.</summary>
    public void Check(string operation, OperationCall call)
    {
        if (PerSecondOfAccount.TryGetValue(operation, out var most))
            Take((operation, null), most, TimeSpan.TicksPerSecond, call.NowTicks);
        else if (PerSecondOfStream.TryGetValue(operation, out most))
            Take((operation, StreamPeek.NameOf(call.Fields)), most, TimeSpan.TicksPerSecond, call.NowTicks);
        if (operation == "UpdateStreamMode") Take(("mode switches", StreamPeek.NameOf(call.Fields)), ModeSwitchesADay, TimeSpan.TicksPerDay, call.NowTicks);
        if (operation == "UpdateShardCount") Take(("resizes", StreamPeek.NameOf(call.Fields)), ResizesADay, TimeSpan.TicksPerDay, call.NowTicks);
    }

    private void Take((string Operation, string? Stream) key, int most, long windowTicks, long nowTicks)
    {
        var calls = _calls.GetOrAdd(key, _ => new());
        lock (calls)
        {
            while (calls.TryPeek(out var oldest) && nowTicks - oldest >= windowTicks) calls.Dequeue();
            if (calls.Count >= most)
                throw KinesisErrors.LimitExceeded(
                    $"Rate exceeded for {key.Operation}{(key.Stream is null ? "" : $" of stream {key.Stream}")} under account {KinesisErrors.Account}.");
            calls.Enqueue(nowTicks);
        }
    }
}
