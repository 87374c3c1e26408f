using System.Collections.Frozen;
using Orleans.Kpl.LocalKinesis.Operations.Lifecycle;
using Orleans.Kpl.LocalKinesis.Operations.Listing;
using Orleans.Kpl.LocalKinesis.Operations.Reading;
using Orleans.Kpl.LocalKinesis.Operations.Scaling;
using Orleans.Kpl.LocalKinesis.Operations.Tagging;
using Orleans.Kpl.LocalKinesis.Operations.Writing;

namespace Orleans.Kpl.LocalKinesis.Operations;

/// <summary>
/// Every operation by its X-Amz-Target. What the service has and this table has not (encryption, enhanced monitoring, consumers and
/// SubscribeToShard, resource policies) is an UnknownOperationException.
/// </summary>
internal static class OperationTable
{
    public const string Prefix = "Kinesis_20131202.";

    private static readonly FrozenDictionary<string, Operation> ByTarget = new Operation[]
    {
        new("PutRecords", PutRecords.Execute),
        new("PutRecord", PutRecord.Execute),
        new("GetRecords", GetRecords.Execute),
        new("GetShardIterator", GetShardIterator.Execute),
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

    public static Operation? Find(string target) => ByTarget.GetValueOrDefault(target);
}
