using Orleans.Kpl.LocalKinesis.Store;
using Orleans.Kpl.LocalKinesis.Wire;

namespace Orleans.Kpl.LocalKinesis.Operations.Lifecycle;

/// <summary>
/// EnableEnhancedMonitoring and DisableEnhancedMonitoring: which shard-level metrics descriptions of the stream name. There is no
/// CloudWatch here that they would go to.
/// </summary>
internal static class ChangeMonitoring
{
    private const string AllMetrics = "ALL";

    private static readonly string[] Metrics =
    [
        "IncomingBytes", "IncomingRecords", "OutgoingBytes", "OutgoingRecords", "WriteProvisionedThroughputExceeded",
        "ReadProvisionedThroughputExceeded", "IteratorAgeMilliseconds",
    ];

    public static void Enable(OperationCall call) => Execute(call, (current, named) => current.Union(named));

    public static void Disable(OperationCall call) => Execute(call, (current, named) => current.Except(named));

    private static void Execute(OperationCall call, Func<IReadOnlyList<string>, IReadOnlyList<string>, IEnumerable<string>> change)
    {
        var named = call.Fields.Strings("ShardLevelMetrics");
        var constraints = new Constraints();
        constraints.Required("shardLevelMetrics", named is not null);
        if (named is { Count: 0 }) constraints.Fail("[]", "shardLevelMetrics", "Member must have length greater than or equal to 1");
        foreach (var metric in named ?? []) constraints.OneOf(metric, "shardLevelMetrics", [.. Metrics, AllMetrics]);
        constraints.ThrowIfAny();
        var stream = call.Stream();
        IReadOnlyList<string> current, desired;
        lock (stream.Gate)
        {
            if (stream.Status is StreamStatus.Creating or StreamStatus.Deleting) throw KinesisErrors.NotActive(stream.Name, stream.Status);
            current = stream.ShardLevelMetrics;
            var wanted = change(current, named!.Contains(AllMetrics) ? Metrics : named!).ToHashSet();
            stream.ShardLevelMetrics = desired = [.. Metrics.Where(wanted.Contains)];
        }
        Answer(call.Answer, stream, current, desired);
    }

    private static void Answer(AnswerWriter answer, KinesisStream stream, IReadOnlyList<string> current, IReadOnlyList<string> desired)
    {
        answer.StartObject();
        answer.Field("StreamName"u8, stream.Name);
        answer.Field("StreamARN"u8, stream.Arn);
        answer.Strings("CurrentShardLevelMetrics"u8, current);
        answer.Strings("DesiredShardLevelMetrics"u8, desired);
        answer.EndObject();
    }
}
