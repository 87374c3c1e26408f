using System.Text.Json.Nodes;

namespace Orleans.Kpl.LocalKinesis.Tests.Operations;

/// <remarks>Tests <see cref="LocalKinesis.Store.StreamStore"/> and <see cref="LocalKinesis.Store.KinesisStream"/>.</remarks>
public class LifecycleTests : EndpointTest
{
    [Fact]
    public async Task Streams_GoFromCreatingToActiveToDeletingToGone()
    {
        await Endpoint.CallAsync("CreateStream", new { StreamName = "events", ShardCount = 2, Tags = new { team = "a" } });
        Assert.Equal(StreamStatus.Creating, Endpoint.Kinesis.Get("events").Status);
        Assert.Equal("ResourceInUseException", (await Endpoint.FailAsync("CreateStream", new { StreamName = "events", ShardCount = 2 })).Type);
        Endpoint.Clock.Advance(TimeSpan.FromMilliseconds(200));
        Assert.Equal(StreamStatus.Active, Endpoint.Kinesis.Get("events").Status);
        await Endpoint.PutAsync("events", "0");
        await Endpoint.CallAsync("DeleteStream", new { StreamName = "events" });
        Assert.Equal(StreamStatus.Deleting, Endpoint.Kinesis.Get("events").Status);
        await Endpoint.PutAsync("events", "1");
        Endpoint.Clock.Advance(TimeSpan.FromMilliseconds(200));
        Assert.Null(Endpoint.Kinesis.Find("events"));
        Assert.Equal("ResourceNotFoundException", (await Endpoint.FailAsync("DescribeStream", new { StreamName = "events" })).Type);
    }

    [Fact]
    public async Task Streams_WhenMadeAgain_AreOthersAndTheAccountKeepsBoth()
    {
        await using var endpoint = await TestEndpoint.StartAsync(options => options.DeletingTime = TimeSpan.Zero, shards: 1);
        await endpoint.PutAsync("events", "0", "1");
        var iterator = await endpoint.IteratorAsync("events", "shardId-000000000000");
        endpoint.Clock.Advance(TimeSpan.FromSeconds(1));
        endpoint.Kinesis.Delete("events");
        await endpoint.Kinesis.CreateStreamAsync("events", 1);
        await endpoint.PutAsync("events", "2");
        Assert.Equal("ResourceNotFoundException", (await endpoint.FailAsync("GetRecords", new { ShardIterator = iterator })).Type);
        Assert.Single(endpoint.Kinesis.GetApplied("events"));
        var former = Assert.Single(endpoint.Kinesis.FormerStreams);
        Assert.Equal(StreamStatus.Deleted, former.Status);
        Assert.Equal(2, endpoint.Kinesis.GetApplied("events", createdAt: former.CreatedAt).Count());
        // As the page tells it: the + of an offset was a blank in the query, and no time.
        var told = JsonNode.Parse(await endpoint.Http.GetStringAsync("/_account", TestContext.Current.CancellationToken))![1]!["created_at"];
        var lines = await endpoint.Http.GetStringAsync($"/_account/events?created_at={told}", TestContext.Current.CancellationToken);
        Assert.Equal(2, lines.Count(static c => c == '\n'));
    }

    [Fact]
    public async Task Streams_WhenDeletedWhileUpdating_StayDeletingUntilTheyAreGone()
    {
        await using var endpoint = await TestEndpoint.StartAsync(options => options.DeletingTime = TimeSpan.FromSeconds(5), shards: 1);
        endpoint.Kinesis.Split("events", "shardId-000000000000", 1_000);
        endpoint.Kinesis.Delete("events");
        endpoint.Clock.Advance(TimeSpan.FromSeconds(4));
        Assert.Equal(StreamStatus.Deleting, endpoint.Kinesis.Get("events").Status);
        endpoint.Clock.Advance(TimeSpan.FromSeconds(1));
        Assert.Null(endpoint.Kinesis.Find("events"));
    }

    /// <summary>From inside the process it could be deleted twice, and the account had it twice.</summary>
    [Fact]
    public async Task Streams_WhenDeletedAgainWhileDeleting_AreRefused_AndGoOnce()
    {
        await Endpoint.Kinesis.CreateStreamAsync("events", 1);
        Endpoint.Kinesis.Delete("events");
        Assert.Throws<InvalidOperationException>(() => Endpoint.Kinesis.Delete("events"));
        Assert.Equal("ResourceInUseException", (await Endpoint.FailAsync("DeleteStream", new { StreamName = "events" })).Type);
        Endpoint.Clock.Advance(TimeSpan.FromMilliseconds(200));
        Assert.Single(Endpoint.Kinesis.FormerStreams);
    }

    /// <summary>It has no shards yet: a put was an InternalFailure.</summary>
    [Fact]
    public async Task Streams_WhenDeletedWhileCreating_AreNotKnownToPuts()
    {
        await Endpoint.CallAsync("CreateStream", new { StreamName = "events", ShardCount = 2 });
        await Endpoint.CallAsync("DeleteStream", new { StreamName = "events" });
        Assert.Equal("ResourceNotFoundException", (await Endpoint.FailAsync("PutRecord", new { StreamName = "events", PartitionKey = "a", Data = "" })).Type);
    }

    [Fact]
    public async Task CreateStream_WhenOverALimit_IsRefused()
    {
        await using var endpoint = await TestEndpoint.StartAsync(options => options.ShardLimit = 10);
        Assert.Equal("LimitExceededException", (await endpoint.FailAsync("CreateStream", new { StreamName = "wide", ShardCount = 11 })).Type);
        for (var i = 0; i < 5; i++) await endpoint.CallAsync("CreateStream", new { StreamName = $"s{i}", ShardCount = 1 });
        var (_, message) = await endpoint.FailAsync("CreateStream", new { StreamName = "s5", ShardCount = 1 });
        Assert.Contains("5 streams in CREATING", message, StringComparison.Ordinal);
        endpoint.Clock.Advance(TimeSpan.FromSeconds(1));
        await endpoint.CallAsync("CreateStream", new { StreamName = "s5", ShardCount = 4 });
        // Added to the others' it was below 0.
        Assert.Equal("LimitExceededException", (await endpoint.FailAsync("CreateStream", new { StreamName = "s6", ShardCount = int.MaxValue })).Type);
        Assert.Equal("LimitExceededException", (await endpoint.FailAsync("CreateStream", new { StreamName = "s6", ShardCount = 2 })).Type);
    }

    [Fact]
    public async Task UpdateStreamMode_WhenOnDemand_RefusesReshardsAndShowsWarmThroughput()
    {
        await Endpoint.Kinesis.CreateStreamAsync("events", 2);
        var arn = Endpoint.Kinesis.Get("events").Arn;
        await Endpoint.CallAsync("UpdateStreamMode", new { StreamARN = arn, StreamModeDetails = new { StreamMode = "ON_DEMAND" } });
        Assert.Equal(StreamStatus.Updating, Endpoint.Kinesis.Get("events").Status);
        Endpoint.Clock.Advance(TimeSpan.FromSeconds(1));
        Assert.EndsWith("#ValidationException", (await Endpoint.FailAsync("UpdateShardCount",
            new { StreamName = "events", TargetShardCount = 4, ScalingType = "UNIFORM_SCALING" })).Type, StringComparison.Ordinal);
        await CommitAsync(Endpoint);
        await Endpoint.CallAsync("UpdateStreamWarmThroughput", new { StreamName = "events", WarmThroughputMiBps = 8 });
        var summary = (await Endpoint.CallAsync("DescribeStreamSummary", new { StreamARN = arn }))["StreamDescriptionSummary"]!;
        Assert.Equal("ON_DEMAND", (string)summary["StreamModeDetails"]!["StreamMode"]!);
        Assert.Equal(8, (int)summary["WarmThroughput"]!["TargetMiBps"]!);
    }

    /// <summary>AWS' limits of "UpdateStreamWarmThroughput".</summary>
    [Fact]
    public async Task UpdateStreamWarmThroughput_WhereItIsNotAllowed_IsRefused()
    {
        await Endpoint.Kinesis.CreateStreamAsync("events", 2);
        object To(int mib) => new { StreamName = "events", WarmThroughputMiBps = mib };
        Assert.Equal("InvalidArgumentException", (await Endpoint.FailAsync("UpdateStreamWarmThroughput", To(8))).Type);
        var arn = Endpoint.Kinesis.Get("events").Arn;
        await Endpoint.CallAsync("UpdateStreamMode", new { StreamARN = arn, StreamModeDetails = new { StreamMode = "ON_DEMAND" } });
        Assert.Equal("ResourceInUseException", (await Endpoint.FailAsync("UpdateStreamWarmThroughput", To(8))).Type);
        Endpoint.Clock.Advance(TimeSpan.FromSeconds(1));
        var (type, message) = await Endpoint.FailAsync("UpdateStreamWarmThroughput", To(8));
        Assert.Equal("InvalidArgumentException", type);
        Assert.Contains("MinimumThroughputBillingCommitment", message, StringComparison.Ordinal);
        await CommitAsync(Endpoint);
        Assert.Equal("LimitExceededException", (await Endpoint.FailAsync("UpdateStreamWarmThroughput", To(10_241))).Type);
        Assert.EndsWith("#ValidationException", (await Endpoint.FailAsync("UpdateStreamWarmThroughput", To(-1))).Type, StringComparison.Ordinal);
        await Endpoint.CallAsync("UpdateStreamWarmThroughput", To(10_240));
        Assert.Equal(StreamStatus.Updating, Endpoint.Kinesis.Get("events").Status);
        Assert.Equal("ResourceInUseException", (await Endpoint.FailAsync("UpdateStreamWarmThroughput", To(0))).Type);
    }

    [Fact]
    public async Task RetentionPeriod_GoesUpAndDownWithinItsRange()
    {
        await Endpoint.Kinesis.CreateStreamAsync("events", 1);
        object To(int hours) => new { StreamName = "events", RetentionPeriodHours = hours };
        await Endpoint.CallAsync("IncreaseStreamRetentionPeriod", To(48));
        Assert.Equal("InvalidArgumentException", (await Endpoint.FailAsync("IncreaseStreamRetentionPeriod", To(47))).Type);
        await Endpoint.CallAsync("DecreaseStreamRetentionPeriod", To(24));
        Assert.Equal("InvalidArgumentException", (await Endpoint.FailAsync("DecreaseStreamRetentionPeriod", To(23))).Type);
    }

    [Fact]
    public async Task CreateStream_WithMoreThan50Tags_MakesNoStream()
    {
        var tags = Enumerable.Range(0, 51).ToDictionary(i => $"{i}", i => "x");
        var (type, message) = await Endpoint.FailAsync("CreateStream", new { StreamName = "events", ShardCount = 1, Tags = tags });
        Assert.Equal("InvalidArgumentException", type);
        Assert.Contains("it cannot have more than 50 tags", message, StringComparison.Ordinal);
        Assert.Null(Endpoint.Kinesis.Find("events"));

        tags.Remove("50");
        await Endpoint.CallAsync("CreateStream", new { StreamName = "events", ShardCount = 1, Tags = tags });
        Assert.Equal(50, (await Endpoint.CallAsync("ListTagsForStream", new { StreamName = "events" }))["Tags"]!.AsArray().Count);
    }

    [Fact]
    public async Task Tags_ByStreamAndByResource_AreTheSame()
    {
        var arn = (await Endpoint.Kinesis.CreateStreamAsync("events", 1)).Arn;
        await Endpoint.CallAsync("AddTagsToStream", new { StreamName = "events", Tags = new { a = "1", b = "2" } });
        await Endpoint.CallAsync("TagResource", new { ResourceARN = arn, Tags = new { c = "3" } });
        await Endpoint.CallAsync("RemoveTagsFromStream", new { StreamName = "events", TagKeys = new[] { "b" } });
        var page = await Endpoint.CallAsync("ListTagsForStream", new { StreamName = "events", Limit = 1 });
        Assert.True((bool)page["HasMoreTags"]!);
        Assert.Equal("a", (string)page["Tags"]![0]!["Key"]!);
        await Endpoint.CallAsync("UntagResource", new { ResourceARN = arn, TagKeys = new[] { "a" } });
        var tags = (await Endpoint.CallAsync("ListTagsForResource", new { ResourceARN = arn }))["Tags"]!.AsArray();
        Assert.Equal("c=3", $"{Assert.Single(tags)!["Key"]}={tags[0]!["Value"]}");
    }

    [Fact]
    public async Task Encryption_StartedAndStopped_IsShownByDescriptions()
    {
        await Endpoint.Kinesis.CreateStreamAsync("events", 1);
        object Of(string type) => new { StreamName = "events", EncryptionType = type, KeyId = "alias/aws/kinesis" };
        Assert.Equal("InvalidArgumentException", (await Endpoint.FailAsync("StartStreamEncryption", Of("NONE"))).Type);
        await Endpoint.CallAsync("StartStreamEncryption", Of("KMS"));
        Assert.Equal("ResourceInUseException", (await Endpoint.FailAsync("StopStreamEncryption", Of("KMS"))).Type);
        Assert.Equal("UPDATING KMS alias/aws/kinesis", await DescribeAsync());
        Endpoint.Clock.Advance(TimeSpan.FromMilliseconds(200));
        await Endpoint.PutAsync("events", "0");
        Assert.Equal("ACTIVE KMS alias/aws/kinesis", await DescribeAsync());
        await Endpoint.CallAsync("StopStreamEncryption", Of("KMS"));
        Endpoint.Clock.Advance(TimeSpan.FromMilliseconds(200));
        Assert.Equal("ACTIVE NONE ", await DescribeAsync());

        async Task<string> DescribeAsync()
        {
            var summary = (await Endpoint.CallAsync("DescribeStreamSummary", new { StreamName = "events" }))["StreamDescriptionSummary"]!;
            return $"{summary["StreamStatus"]} {summary["EncryptionType"]} {summary["KeyId"]}";
        }
    }

    [Fact]
    public async Task EnhancedMonitoring_EnabledAndDisabled_IsShownByDescriptions()
    {
        await Endpoint.Kinesis.CreateStreamAsync("events", 1);
        Assert.Equal("ValidationException", (await Endpoint.FailAsync("EnableEnhancedMonitoring", Of("Nothing"))).Type.Split('#')[^1]);
        var answer = await Endpoint.CallAsync("EnableEnhancedMonitoring", Of("OutgoingBytes", "IncomingBytes"));
        Assert.Equal((0, 2), (answer["CurrentShardLevelMetrics"]!.AsArray().Count, answer["DesiredShardLevelMetrics"]!.AsArray().Count));
        answer = await Endpoint.CallAsync("EnableEnhancedMonitoring", Of("ALL"));
        Assert.Equal((2, 7), (answer["CurrentShardLevelMetrics"]!.AsArray().Count, answer["DesiredShardLevelMetrics"]!.AsArray().Count));
        await Endpoint.CallAsync("DisableEnhancedMonitoring", Of("OutgoingBytes", "OutgoingRecords", "IteratorAgeMilliseconds"));

        var summary = (await Endpoint.CallAsync("DescribeStreamSummary", new { StreamName = "events" }))["StreamDescriptionSummary"]!;
        Assert.Equal(
            ["IncomingBytes", "IncomingRecords", "WriteProvisionedThroughputExceeded", "ReadProvisionedThroughputExceeded"],
            summary["EnhancedMonitoring"]![0]!["ShardLevelMetrics"]!.AsArray().Select(metric => (string)metric!));

        object Of(params string[] metrics) => new { StreamName = "events", ShardLevelMetrics = metrics };
    }

    private static Task CommitAsync(TestEndpoint endpoint) =>
        endpoint.CallAsync("UpdateAccountSettings", new { MinimumThroughputBillingCommitment = new { Status = "ENABLED" } });
}
