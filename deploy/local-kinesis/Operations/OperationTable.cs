using System.Collections.Frozen;

namespace Orleans.Kpl.LocalKinesis.Operations;

/// <summary>Every operation by its X-Amz-Target. What the table has not is an UnknownOperationException that says so.</summary>
internal static class OperationTable
{
    public const string Prefix = "Kinesis_20131202.";

    private static readonly FrozenDictionary<string, Operation> ByTarget = new Operation[]
    {
        new("PutRecords", PutOperations.PutRecords),
        new("PutRecord", PutOperations.PutRecord),
        new("GetRecords", ReadOperations.GetRecords),
        new("GetShardIterator", ReadOperations.GetShardIterator),
        new("SubscribeToShard", SubscribeToShard.Execute, Answers: false),
        new("RegisterStreamConsumer", ConsumerOperations.RegisterStreamConsumer),
        new("DeregisterStreamConsumer", ConsumerOperations.DeregisterStreamConsumer, Answers: false),
        new("DescribeStreamConsumer", ConsumerOperations.DescribeStreamConsumer),
        new("ListStreamConsumers", ConsumerOperations.ListStreamConsumers),
        new("ListShards", ListShards.Execute),
        new("DescribeStream", DescribeOperations.DescribeStream),
        new("DescribeStreamSummary", DescribeOperations.DescribeStreamSummary),
        new("ListStreams", DescribeOperations.ListStreams),
        new("DescribeLimits", DescribeOperations.DescribeLimits),
        new("DescribeAccountSettings", SettingsOperations.DescribeAccountSettings),
        new("UpdateAccountSettings", SettingsOperations.UpdateAccountSettings),
        new("CreateStream", LifecycleOperations.CreateStream, Answers: false),
        new("DeleteStream", LifecycleOperations.DeleteStream, Answers: false),
        new("IncreaseStreamRetentionPeriod", SettingsOperations.IncreaseRetention, Answers: false),
        new("DecreaseStreamRetentionPeriod", SettingsOperations.DecreaseRetention, Answers: false),
        new("UpdateMaxRecordSize", SettingsOperations.UpdateMaxRecordSize, Answers: false),
        new("UpdateStreamMode", LifecycleOperations.UpdateStreamMode, Answers: false),
        new("UpdateStreamWarmThroughput", SettingsOperations.UpdateStreamWarmThroughput),
        new("StartStreamEncryption", SettingsOperations.StartEncryption, Answers: false),
        new("StopStreamEncryption", SettingsOperations.StopEncryption, Answers: false),
        new("EnableEnhancedMonitoring", SettingsOperations.EnableMonitoring),
        new("DisableEnhancedMonitoring", SettingsOperations.DisableMonitoring),
        new("SplitShard", ScalingOperations.SplitShard, Answers: false),
        new("MergeShards", ScalingOperations.MergeShards, Answers: false),
        new("UpdateShardCount", ScalingOperations.UpdateShardCount),
        new("AddTagsToStream", TagOperations.AddTagsToStream, Answers: false),
        new("RemoveTagsFromStream", TagOperations.RemoveTagsFromStream, Answers: false),
        new("ListTagsForStream", TagOperations.ListTagsForStream),
        new("TagResource", TagOperations.TagResource, Answers: false),
        new("UntagResource", TagOperations.UntagResource, Answers: false),
        new("ListTagsForResource", TagOperations.ListTagsForResource),
        new("PutResourcePolicy", PolicyOperations.PutResourcePolicy, Answers: false),
        new("GetResourcePolicy", PolicyOperations.GetResourcePolicy),
        new("DeleteResourcePolicy", PolicyOperations.DeleteResourcePolicy, Answers: false),
    }.ToFrozenDictionary(operation => Prefix + operation.Name);

    public static Operation? Find(string target) => ByTarget.GetValueOrDefault(target);

    /// <summary>The error for a target that no operation has.</summary>
    public static KinesisException Unknown(string target)
    {
        if (target.Length == 0) return KinesisErrors.UnknownOperation($"The header X-Amz-Target is missing: it would be {Prefix}PutRecords, for example.");
        if (!target.StartsWith(Prefix, StringComparison.Ordinal))
            return KinesisErrors.UnknownOperation($"{target} is not an operation of Kinesis: its X-Amz-Target would start with {Prefix}");
        return KinesisErrors.UnknownOperation($"{target[Prefix.Length..]} is not an operation of Kinesis.");
    }
}

/// <summary>An operation's name and what it does. One that writes no answer is answered by 200 without a body.</summary>
internal sealed record Operation(string Name, Action<OperationCall> Execute, bool Answers = true);
