using System.Net;
using System.Text.Json.Nodes;
using Orleans.Kpl.LocalKinesis.Operations;
using Orleans.Kpl.LocalKinesis.Tests.Wire;

namespace Orleans.Kpl.LocalKinesis.Tests.Operations;

/// <remarks>Tests <see cref="LocalKinesis.Operations.SettingsOperations"/> and <see cref="LocalKinesis.Wire.Constraints"/>.</remarks>
public class OperationTableTests
{
    [Theory]
    [InlineData("Kinesis_20131202.PutNothing", "PutNothing is not an operation of Kinesis.")]
    [InlineData("DynamoDB_20120810.PutItem", "DynamoDB_20120810.PutItem is not an operation of Kinesis: its X-Amz-Target would start with Kinesis_20131202.")]
    [InlineData(null, "The header X-Amz-Target is missing: it would be Kinesis_20131202.PutRecords, for example.")]
    public async Task Operations_ThatAreNotHere_AreNamedInTheError_InBothDialects(string? target, string expected)
    {
        await using var endpoint = await TestEndpoint.StartAsync();
        foreach (var cbor in (bool[])[false, true])
        {
            using var message = TestEndpoint.Message(
                "x", cbor ? [0xBF, 0xFF] : "{}"u8.ToArray(), cbor ? "application/x-amz-cbor-1.1" : "application/x-amz-json-1.1");
            message.Headers.Remove("X-Amz-Target");
            if (target is not null) message.Headers.Add("X-Amz-Target", target);
            using var response = await endpoint.Http.SendAsync(message, TestContext.Current.CancellationToken);
            Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
            var bytes = await response.Content.ReadAsByteArrayAsync(TestContext.Current.CancellationToken);
            var answer = cbor ? CborJson.Read(bytes) : JsonNode.Parse(bytes)!;
            Assert.Equal(("com.amazon.coral.service#UnknownOperationException", expected), ((string?)answer["__type"], (string?)answer["message"]));
        }
    }

    /// <summary>
    /// Calls passed here that AWS refuses: of a name where an ARN belongs, without the mode that a stream is to have, with less throughput than none, and with
    /// tags that are none.
    /// </summary>
    [Theory]
    [InlineData("PutRecord", """{"StreamARN":"events","PartitionKey":"k","Data":"YQ=="}""", "streamARN")]
    [InlineData("ListStreamConsumers", """{"StreamARN":"events"}""", "streamARN")]
    [InlineData("ListTagsForResource", """{"ResourceARN":"events"}""", "resourceARN")]
    [InlineData("UpdateStreamMode", """{"StreamARN":"arn:aws:kinesis:us-east-1:000000000000:stream/events"}""", "streamModeDetails")]
    [InlineData("CreateStream", """{"StreamName":"s","StreamModeDetails":{"StreamMode":"ON_DEMAND"},"WarmThroughputMiBps":-1}""", "warmThroughputMiBps")]
    [InlineData("UpdateStreamMode", """{"StreamARN":"ARN","StreamModeDetails":{"StreamMode":"ON_DEMAND"},"WarmThroughputMiBps":-1}""", "warmThroughputMiBps")]
    [InlineData("CreateStream", """{"StreamName":"s","ShardCount":1,"Tags":{}}""", "tags")]
    [InlineData("RegisterStreamConsumer", """{"StreamARN":"ARN","ConsumerName":"app","Tags":{}}""", "tags")]
    [InlineData("RemoveTagsFromStream", """{"StreamName":"events","TagKeys":[""]}""", "tagKeys")]
    [InlineData("GetRecords", """{"ShardIterator":"AAAA","StreamARN":"events"}""", "streamARN")]
    public async Task Fields_ThatBreakTheServicesModel_AreRefused(string operation, string request, string field)
    {
        await using var endpoint = await TestEndpoint.StartAsync(shards: 1);
        var arn = $"\"{endpoint.Kinesis.Get("events").Arn}\"";
        var (type, message) = await endpoint.FailAsync(operation, request.Replace("\"ARN\"", arn, StringComparison.Ordinal));
        Assert.Equal("com.amazon.coral.validate#ValidationException", type);
        Assert.Contains($"at '{field}' failed to satisfy constraint", message, StringComparison.Ordinal);
    }

    /// <summary>AWS's model has 200 tags in a call that adds them, of which it keeps 50, and 50 keys in one that takes them away.</summary>
    [Fact]
    public async Task Tags_MoreThanACallMayHave_AreRefused()
    {
        await using var endpoint = await TestEndpoint.StartAsync(shards: 1);
        var arn = endpoint.Kinesis.Get("events").Arn;
        var keys = Enumerable.Range(0, 201).Select(static i => $"{i}").ToList();
        object Of(int count) => new { ResourceARN = arn, Tags = keys.Take(count).ToDictionary(static k => k) };
        Assert.Equal("InvalidArgumentException", (await endpoint.FailAsync("TagResource", Of(200))).Type);
        await endpoint.CallAsync("UntagResource", new { ResourceARN = arn, TagKeys = keys.Take(50) });
        var (_, tags) = await endpoint.FailAsync("TagResource", Of(201));
        var (_, tagKeys) = await endpoint.FailAsync("UntagResource", new { ResourceARN = arn, TagKeys = keys.Take(51) });
        Assert.EndsWith("'tags' failed to satisfy constraint: Member must have length less than or equal to 200", tags, StringComparison.Ordinal);
        Assert.EndsWith("'tagKeys' failed to satisfy constraint: Member must have length less than or equal to 50", tagKeys, StringComparison.Ordinal);
    }

    [Fact]
    public async Task UpdateMaxRecordSize_WhereRecordsHaveYesterdaysSize_IsNamedInTheError()
    {
        await using var endpoint = await TestEndpoint.StartAsync(options => options.Sizes = SizeLimits.Yesterday);
        var (_, message) = await endpoint.FailAsync("UpdateMaxRecordSize", new { });
        Assert.Equal("UpdateMaxRecordSize is not an operation where records have yesterday's size.", message);
    }

    [Fact]
    public void Operations_OfTheServicesModel_AreHere()
    {
        // The operations of the service's model, 2013-12-02, as of November 2026.
        string[] model =
        [
            "AddTagsToStream", "CreateStream", "DecreaseStreamRetentionPeriod", "DeleteResourcePolicy", "DeleteStream", "DeregisterStreamConsumer",
            "DescribeAccountSettings", "DescribeLimits", "DescribeStream", "DescribeStreamConsumer", "DescribeStreamSummary",
            "DisableEnhancedMonitoring", "EnableEnhancedMonitoring", "GetRecords", "GetResourcePolicy", "GetShardIterator",
            "IncreaseStreamRetentionPeriod", "ListShards", "ListStreamConsumers", "ListStreams", "ListTagsForResource", "ListTagsForStream",
            "MergeShards", "PutRecord", "PutRecords", "PutResourcePolicy", "RegisterStreamConsumer", "RemoveTagsFromStream", "SplitShard",
            "StartStreamEncryption", "StopStreamEncryption", "SubscribeToShard", "TagResource", "UntagResource", "UpdateAccountSettings",
            "UpdateMaxRecordSize", "UpdateShardCount", "UpdateStreamMode", "UpdateStreamWarmThroughput",
        ];
        Assert.All(model, static name => Assert.NotNull(OperationTable.Find(OperationTable.Prefix + name)));
    }
}
