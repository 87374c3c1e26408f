using System.Collections.Frozen;
using Orleans.Kpl.LocalKinesis.Operations.FanOut;
using Orleans.Kpl.LocalKinesis.Operations.Lifecycle;
using Orleans.Kpl.LocalKinesis.Operations.Listing;
using Orleans.Kpl.LocalKinesis.Operations.Reading;
using Orleans.Kpl.LocalKinesis.Operations.Scaling;
using Orleans.Kpl.LocalKinesis.Operations.Tagging;
using Orleans.Kpl.LocalKinesis.Operations.Writing;
using Orleans.Kpl.LocalKinesis.Wire;

namespace Orleans.Kpl.LocalKinesis.Operations;

/// <summary>Every operation by its X-Amz-Target. What the table has not is an UnknownOperationException that says so.</summary>
internal static class OperationTable
{
    public const string Prefix = "Kinesis_20131202.";

    private static readonly FrozenDictionary<string, Operation> ByTarget = new Operation[]
    {
        new("PutRecords", PutRecords.Execute),
        new("PutRecord", PutRecord.Execute),
        new("GetRecords", GetRecords.Execute),
        new("GetShardIterator", GetShardIterator.Execute),
        new("SubscribeToShard", SubscribeToShard.Execute),
        new("RegisterStreamConsumer", RegisterStreamConsumer.Execute),
        new("DeregisterStreamConsumer", DeregisterStreamConsumer.Execute),
        new("DescribeStreamConsumer", DescribeStreamConsumer.Execute),
        new("ListStreamConsumers", ListStreamConsumers.Execute),
        new("ListShards", ListShards.Execute),
        new("DescribeStream", DescribeStream.Execute),
        new("DescribeStreamSummary", DescribeStreamSummary.Execute),
        new("ListStreams", ListStreams.Execute),
        new("DescribeLimits", DescribeLimits.Execute),
        new("DescribeAccountSettings", DescribeAccountSettings.Execute),
        new("CreateStream", CreateStream.Execute),
        new("DeleteStream", DeleteStream.Execute),
        new("IncreaseStreamRetentionPeriod", ChangeRetention.Increase),
        new("DecreaseStreamRetentionPeriod", ChangeRetention.Decrease),
        new("UpdateMaxRecordSize", UpdateMaxRecordSize.Execute),
        new("UpdateStreamMode", UpdateStreamMode.Execute),
        new("UpdateStreamWarmThroughput", UpdateStreamWarmThroughput.Execute),
        new("StartStreamEncryption", ChangeEncryption.Start),
        new("StopStreamEncryption", ChangeEncryption.Stop),
        new("EnableEnhancedMonitoring", ChangeMonitoring.Enable),
        new("DisableEnhancedMonitoring", ChangeMonitoring.Disable),
        new("SplitShard", SplitShard.Execute),
        new("MergeShards", MergeShards.Execute),
        new("UpdateShardCount", UpdateShardCount.Execute),
        new("AddTagsToStream", ChangeTags.AddTagsToStream),
        new("RemoveTagsFromStream", ChangeTags.RemoveTagsFromStream),
        new("ListTagsForStream", ListTags.ForStream),
        new("TagResource", ChangeTags.TagResource),
        new("UntagResource", ChangeTags.UntagResource),
        new("ListTagsForResource", ListTags.ForResource),
    }.ToFrozenDictionary(operation => Prefix + operation.Name);

    /// <summary>What the service has, and this endpoint has not.</summary>
    private static readonly FrozenSet<string> OnlyInTheService =
        FrozenSet.Create("PutResourcePolicy", "GetResourcePolicy", "DeleteResourcePolicy", "UpdateAccountSettings", "UpdateMaxRecordSize");

    public static Operation? Find(string target) => ByTarget.GetValueOrDefault(target);

    /// <summary>The error for a target that no operation has.</summary>
    public static KinesisException Unknown(string target)
    {
        if (target.Length == 0) return KinesisErrors.UnknownOperation($"The header X-Amz-Target is missing: it would be {Prefix}PutRecords, for example.");
        if (!target.StartsWith(Prefix, StringComparison.Ordinal))
            return KinesisErrors.UnknownOperation($"{target} is not an operation of Kinesis: its X-Amz-Target would start with {Prefix}");
        var name = target[Prefix.Length..];
        return KinesisErrors.UnknownOperation(OnlyInTheService.Contains(name)
            ? $"{name} is not supported by this local endpoint, though Kinesis has it."
            : $"{name} is not an operation of Kinesis.");
    }
}
