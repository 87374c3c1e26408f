namespace Orleans.Kpl.LocalKinesis.Tests.FanOut;

/// <remarks>Tests <see cref="LocalKinesis.Operations.ConsumerOperations"/>.</remarks>
public class ConsumerTests : EndpointTest
{
    [Fact]
    public async Task RegisterStreamConsumer_WhenNew_IsCreatingAndThenActive()
    {
        var stream = (await Endpoint.Kinesis.CreateStreamAsync("events", 1)).Arn;
        var consumer = (await Endpoint.CallAsync("RegisterStreamConsumer", new { StreamARN = stream, ConsumerName = "app" }))["Consumer"]!;
        var second = Endpoint.Clock.GetUtcNow().ToUnixTimeSeconds();
        Assert.Equal($"{stream}/consumer/app:{second}", (string?)consumer["ConsumerARN"]);
        Assert.Equal(("app", "CREATING", (double)second),
            ((string?)consumer["ConsumerName"], (string?)consumer["ConsumerStatus"], (double)consumer["ConsumerCreationTimestamp"]!));

        Endpoint.Clock.Advance(TimeSpan.FromMilliseconds(200));
        foreach (var request in (object[])[new { StreamARN = stream, ConsumerName = "app" }, new { ConsumerARN = (string?)consumer["ConsumerARN"] }])
        {
            var described = (await Endpoint.CallAsync("DescribeStreamConsumer", request))["ConsumerDescription"]!;
            Assert.Equal(("ACTIVE", stream), ((string?)described["ConsumerStatus"], (string?)described["StreamARN"]));
        }
        var summary = (await Endpoint.CallAsync("DescribeStreamSummary", new { StreamName = "events" }))["StreamDescriptionSummary"]!;
        Assert.Equal(1, (int)summary["ConsumerCount"]!);
    }

    [Fact]
    public async Task RegisterStreamConsumer_WhenTheNameIsTaken_IsInUse()
    {
        await RegisterAsync(Endpoint, "app");
        var stream = Endpoint.Kinesis.Get("events").Arn;
        Assert.Equal("ResourceInUseException",
            (await Endpoint.FailAsync("RegisterStreamConsumer", new { StreamARN = stream, ConsumerName = "app" })).Type);
    }

    [Fact]
    public async Task RegisterStreamConsumer_WhenASixthIsCreatingOrA21stComes_IsOverTheLimit()
    {
        var stream = (await Endpoint.Kinesis.CreateStreamAsync("events", 1)).Arn;
        object Named(int i) => new { StreamARN = stream, ConsumerName = $"app-{i:D2}" };
        for (var i = 0; i < 20; i++)
        {
            if (i == 5) Assert.Equal("LimitExceededException", (await Endpoint.FailAsync("RegisterStreamConsumer", Named(i))).Type);
            if (i % 5 == 0) Endpoint.Clock.Advance(TimeSpan.FromSeconds(1));
            await Endpoint.CallAsync("RegisterStreamConsumer", Named(i));
        }
        Endpoint.Clock.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal("LimitExceededException", (await Endpoint.FailAsync("RegisterStreamConsumer", Named(20))).Type);

        var names = new List<string>();
        for (string? token = ""; token is not null;)
        {
            var page = await Endpoint.CallAsync("ListStreamConsumers",
                token.Length == 0 ? new { StreamARN = stream, MaxResults = 8 } : new { StreamARN = stream, MaxResults = 8, NextToken = token });
            names.AddRange(page["Consumers"]!.AsArray().Select(consumer => (string)consumer!["ConsumerName"]!));
            token = (string?)page["NextToken"];
        }
        Assert.Equal(Enumerable.Range(0, 20).Select(i => $"app-{i:D2}"), names);
    }

    /// <summary>On-demand Advantage: the account's commitment and the stream's mode, both.</summary>
    [Theory]
    [InlineData("ON_DEMAND", true, 50)]
    [InlineData("ON_DEMAND", false, 20)]
    [InlineData("PROVISIONED", true, 20)]
    public async Task RegisterStreamConsumer_OfAnOnDemandStreamWithTheCommitment_GoesTo50(string mode, bool hasCommitment, int most)
    {
        await using var endpoint = await TestEndpoint.StartAsync(static options => options.CreatingTime = TimeSpan.Zero);
        var details = new { StreamMode = mode };
        await endpoint.CallAsync("CreateStream", mode == "ON_DEMAND"
            ? new { StreamName = "events", StreamModeDetails = details } : new { StreamName = "events", ShardCount = 4, StreamModeDetails = details });
        await endpoint.CallAsync("UpdateAccountSettings", new { MinimumThroughputBillingCommitment = new { Status = hasCommitment ? "ENABLED" : "DISABLED" } });
        var stream = endpoint.Kinesis.Get("events").Arn;
        for (var i = 0; i < most; i++)
        {
            endpoint.Clock.Advance(TimeSpan.FromSeconds(1));
            await endpoint.CallAsync("RegisterStreamConsumer", new { StreamARN = stream, ConsumerName = $"app-{i}" });
        }

        endpoint.Clock.Advance(TimeSpan.FromSeconds(1));
        var (type, message) = await endpoint.FailAsync("RegisterStreamConsumer", new { StreamARN = stream, ConsumerName = "app" });
        Assert.Equal(("LimitExceededException", true), (type, message.Contains($" {most} registered consumers ", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task ListStreamConsumers_WhenTheTokenIsOldOrForeign_Fails()
    {
        await RegisterAsync(Endpoint, "a");
        var stream = Endpoint.Kinesis.Get("events").Arn;
        await Endpoint.CallAsync("RegisterStreamConsumer", new { StreamARN = stream, ConsumerName = "b" });
        var token = (string?)(await Endpoint.CallAsync("ListStreamConsumers", new { StreamARN = stream, MaxResults = 1 }))["NextToken"];
        Endpoint.Clock.Advance(TimeSpan.FromSeconds(301));
        Assert.Equal("ExpiredNextTokenException", (await Endpoint.FailAsync("ListStreamConsumers", new { StreamARN = stream, NextToken = token })).Type);
        Assert.Equal("InvalidArgumentException", (await Endpoint.FailAsync("ListStreamConsumers", new { StreamARN = stream, NextToken = "AAAA" })).Type);
    }

    [Fact]
    public async Task DeregisterStreamConsumer_IsDeletingAndThenGone_AndAnotherMayHaveTheName()
    {
        var first = await RegisterAsync(Endpoint, "app");
        await Endpoint.CallAsync("DeregisterStreamConsumer", new { ConsumerARN = first });
        var described = await Endpoint.CallAsync("DescribeStreamConsumer", new { ConsumerARN = first });
        Assert.Equal("DELETING", (string?)described["ConsumerDescription"]!["ConsumerStatus"]);
        Endpoint.Clock.Advance(TimeSpan.FromMilliseconds(200));
        Assert.Equal("ResourceNotFoundException", (await Endpoint.FailAsync("DescribeStreamConsumer", new { ConsumerARN = first })).Type);

        var again = await RegisterAsync(Endpoint, "app", create: false);
        Assert.NotEqual(first, again);
        Assert.Equal("ResourceNotFoundException", (await Endpoint.FailAsync("DescribeStreamConsumer", new { ConsumerARN = first })).Type);
        await Endpoint.CallAsync("DescribeStreamConsumer", new { ConsumerARN = again });
    }

    [Fact]
    public async Task DeleteStream_WhenConsumersAreRegistered_WantsToBeTold()
    {
        await RegisterAsync(Endpoint, "app");
        Assert.Equal("ResourceInUseException", (await Endpoint.FailAsync("DeleteStream", new { StreamName = "events" })).Type);
        await Endpoint.CallAsync("DeleteStream", new { StreamName = "events", EnforceConsumerDeletion = true });
    }

    [Fact]
    public async Task Tags_OfAConsumer_AreItsOwn()
    {
        var stream = (await Endpoint.Kinesis.CreateStreamAsync("events", 1)).Arn;
        var tags = new Dictionary<string, string> { ["team"] = "a" };
        var answer = await Endpoint.CallAsync("RegisterStreamConsumer", new { StreamARN = stream, ConsumerName = "app", Tags = tags });
        var consumer = (string?)answer["Consumer"]!["ConsumerARN"];
        await Endpoint.CallAsync("TagResource", new { ResourceARN = consumer, Tags = new { Data = "x y" } });
        Assert.Equal(["Data=x y", "team=a"], await TagsAsync(Endpoint, consumer!));
        await Endpoint.CallAsync("UntagResource", new { ResourceARN = consumer, TagKeys = new[] { "Data" } });
        Assert.Equal(["team=a"], await TagsAsync(Endpoint, consumer!));
        Assert.Empty(await TagsAsync(Endpoint, stream));

        var tooMany = Enumerable.Range(0, 51).ToDictionary(i => $"{i}", i => "x");
        await Endpoint.FailAsync("RegisterStreamConsumer", new { StreamARN = stream, ConsumerName = "other", Tags = tooMany });
        Assert.Single((await Endpoint.CallAsync("ListStreamConsumers", new { StreamARN = stream }))["Consumers"]!.AsArray());
    }

    [Theory]
    [InlineData("RegisterStreamConsumer", """{"StreamARN":"STREAM"}""", "ValidationException")]
    [InlineData("RegisterStreamConsumer", """{"ConsumerName":"app"}""", "ValidationException")]
    [InlineData("RegisterStreamConsumer", """{"StreamARN":"STREAM","ConsumerName":"a b"}""", "ValidationException")]
    [InlineData("RegisterStreamConsumer", """{"StreamARN":"STREAMx","ConsumerName":"app"}""", "ResourceNotFoundException")]
    [InlineData("DescribeStreamConsumer", "{}", "InvalidArgumentException")]
    [InlineData("DescribeStreamConsumer", """{"StreamARN":"STREAM"}""", "InvalidArgumentException")]
    [InlineData("DescribeStreamConsumer", """{"StreamARN":"STREAM","ConsumerName":"nobody"}""", "ResourceNotFoundException")]
    [InlineData("DescribeStreamConsumer", """{"ConsumerARN":"STREAM"}""", "ValidationException")]
    [InlineData("DescribeStreamConsumer", """{"ConsumerARN":"STREAM/consumer/nobody:1"}""", "ResourceNotFoundException")]
    [InlineData("DescribeStreamConsumer", """{"ConsumerARN":"arn:aws:kinesis:eu-west-1:123456789012:stream/events/consumer/app:1"}""", "ResourceNotFoundException")]
    [InlineData("DescribeStreamConsumer", """{"ConsumerARN":"CONSUMER","ConsumerName":"other"}""", "InvalidArgumentException")]
    [InlineData("DeregisterStreamConsumer", """{"StreamARN":"STREAM","ConsumerName":"nobody"}""", "ResourceNotFoundException")]
    [InlineData("SubscribeToShard", "{}", "ValidationException")]
    [InlineData("SubscribeToShard", """{"ConsumerARN":"CONSUMER","ShardId":"SHARD","StartingPosition":{"Type":"NOW"}}""", "ValidationException")]
    [InlineData("SubscribeToShard", """{"ConsumerARN":"CONSUMER","ShardId":"SHARD","StartingPosition":{"Type":"AT_SEQUENCE_NUMBER"}}""", "InvalidArgumentException")]
    [InlineData("SubscribeToShard", """{"ConsumerARN":"CONSUMER","ShardId":"SHARD","StartingPosition":{"Type":"AT_SEQUENCE_NUMBER","SequenceNumber":"1"}}""", "InvalidArgumentException")]
    [InlineData("SubscribeToShard", """{"ConsumerARN":"CONSUMER","ShardId":"SHARD","StartingPosition":{"Type":"AT_TIMESTAMP"}}""", "InvalidArgumentException")]
    [InlineData("SubscribeToShard", """{"ConsumerARN":"CONSUMER","ShardId":"shardId-000000000009","StartingPosition":{"Type":"LATEST"}}""", "ResourceNotFoundException")]
    [InlineData("SubscribeToShard", """{"ConsumerARN":"STREAM/consumer/nobody:1","ShardId":"SHARD","StartingPosition":{"Type":"LATEST"}}""", "ResourceNotFoundException")]
    public async Task Calls_ThatNameNoConsumerOrPlace_SayWhatIsWrong(string operation, string request, string type)
    {
        var consumer = await RegisterAsync(Endpoint, "app");
        var text = request.Replace("STREAM", Endpoint.Kinesis.Get("events").Arn, StringComparison.Ordinal)
            .Replace("CONSUMER", consumer, StringComparison.Ordinal).Replace("SHARD", "shardId-000000000000", StringComparison.Ordinal);
        var (found, message) = await Endpoint.FailAsync(operation, text);
        Assert.Equal(type, found.Split('#')[^1]);
        Assert.NotEmpty(message);
    }

    /// <summary>Makes the stream and a consumer that is ACTIVE; its ARN.</summary>
    internal static async Task<string> RegisterAsync(TestEndpoint endpoint, string name, int shards = 1, bool create = true)
    {
        var stream = create ? await endpoint.Kinesis.CreateStreamAsync("events", shards) : endpoint.Kinesis.Get("events");
        var answer = await endpoint.CallAsync("RegisterStreamConsumer", new { StreamARN = stream.Arn, ConsumerName = name });
        endpoint.Clock.Advance(TimeSpan.FromMilliseconds(200));
        return (string)answer["Consumer"]!["ConsumerARN"]!;
    }

    private static async Task<IEnumerable<string>> TagsAsync(TestEndpoint endpoint, string arn) =>
        (await endpoint.CallAsync("ListTagsForResource", new { ResourceARN = arn }))["Tags"]!.AsArray().Select(tag => $"{tag!["Key"]}={tag["Value"]}");
}
