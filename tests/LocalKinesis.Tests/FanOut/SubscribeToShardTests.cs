using Orleans.Kpl.LocalKinesis.Faults;

namespace Orleans.Kpl.LocalKinesis.Tests.FanOut;

public class SubscribeToShardTests : EndpointTest
{
    private const string Shard = "shardId-000000000000";

    private static readonly object Oldest = new { Type = "TRIM_HORIZON" };
    private static readonly object Latest = new { Type = "LATEST" };

    [Theory]
    [InlineData("1.1", false)]
    [InlineData("2.0", false)]
    [InlineData("1.1", true)]
    [InlineData("2.0", true)]
    public async Task Subscription_OverEachProtocol_PushesWhatIsThereAndWhatComes(string version, bool tls)
    {
        await using var endpoint = await TestEndpoint.StartAsync(options => options.TlsPort = 0);
        var consumer = await ConsumerTests.RegisterAsync(endpoint, "app");
        await endpoint.PutAsync("events", "0", "1");
        using var trusting = TestAuthority.Trusting(endpoint.Server.Certificate!);
        using var http = new HttpClient(trusting) { BaseAddress = tls ? endpoint.Server.TlsUrl : endpoint.Server.Url };
        using var subscriber = await Subscriber.StartAsync(endpoint, consumer, Shard, Oldest, Version.Parse(version), http);

        Assert.Equal((Version.Parse(version), "application/vnd.amazon.eventstream"), (subscriber.Version, subscriber.ContentType));
        var first = await subscriber.EventAsync();
        await endpoint.PutAsync("events", "2");
        var second = await subscriber.EventAsync();

        var applied = endpoint.Kinesis.GetApplied("events").ToList();
        Assert.Equal(applied.Select(record => record.SequenceNumber), Subscriber.Numbers(first).Concat(Subscriber.Numbers(second)));
        var record = second["Records"]![0]!;
        Assert.Equal((applied[2].PartitionKey, Convert.ToBase64String(applied[2].Data)), ((string?)record["PartitionKey"], (string?)record["Data"]));
        Assert.Equal(applied[2].ArrivedAt.ToUnixTimeMilliseconds() / 1000.0, (double)record["ApproximateArrivalTimestamp"]!, 1e-6);
        Assert.Equal((applied[2].SequenceNumber, 0), ((string?)second["ContinuationSequenceNumber"], (int)second["MillisBehindLatest"]!));
        Assert.Null(second["ChildShards"]);
    }

    [Fact]
    public async Task StartingPosition_OfEachType_StartsWhereItSays()
    {
        var consumer = await ConsumerTests.RegisterAsync(Endpoint, "app");
        var numbers = new List<string>();
        var between = 0.0;
        for (var i = 0; i < 4; i++)
        {
            if (i == 2) between = Endpoint.Clock.GetUtcNow().ToUnixTimeMilliseconds() / 1000.0;
            numbers.Add((string)(await Endpoint.PutAsync("events", $"{i}"))["Records"]![0]!["SequenceNumber"]!);
            Endpoint.Clock.Advance(TimeSpan.FromSeconds(10));
        }
        await AssertFromAsync(0, Oldest);
        await AssertFromAsync(1, new { Type = "AT_SEQUENCE_NUMBER", SequenceNumber = numbers[1] });
        await AssertFromAsync(2, new { Type = "AFTER_SEQUENCE_NUMBER", SequenceNumber = numbers[1] });
        await AssertFromAsync(2, new { Type = "AT_TIMESTAMP", Timestamp = between });

        using var latest = await SubscribeAsync(Latest);
        Assert.Empty((await latest.AnyEventAsync())["Records"]!.AsArray());
        await Endpoint.PutAsync("events", "9");
        Assert.Equal(Endpoint.Kinesis.GetApplied("events").Last().SequenceNumber, Assert.Single(Subscriber.Numbers(await latest.EventAsync())));

        async Task AssertFromAsync(int first, object position)
        {
            using var subscriber = await SubscribeAsync(position);
            Assert.Equal(numbers[first..], Subscriber.Numbers(await subscriber.EventAsync()));
        }

        async Task<Subscriber> SubscribeAsync(object position)
        {
            Endpoint.Clock.Advance(TimeSpan.FromSeconds(5));
            return await Subscriber.StartAsync(Endpoint, consumer, Shard, position);
        }
    }

    [Fact]
    public async Task Subscription_WhileNothingComes_SaysWhereItStandsEveryFiveSeconds()
    {
        var consumer = await ConsumerTests.RegisterAsync(Endpoint, "app");
        using var subscriber = await Subscriber.StartAsync(Endpoint, consumer, Shard, Latest);
        var first = await subscriber.AnyEventAsync();
        Assert.Equal(Endpoint.Kinesis.Get("events").Shards[0].StartingSequenceNumber, (string?)first["ContinuationSequenceNumber"]);
        Endpoint.Clock.Advance(TimeSpan.FromSeconds(5));
        Assert.Empty((await subscriber.AnyEventAsync())["Records"]!.AsArray());

        // Whatever comes while the consumer is away is after the place it was told.
        await Endpoint.PutAsync("events", "0");
        await subscriber.EventAsync();
        Endpoint.Clock.Advance(TimeSpan.FromSeconds(5));
        using var second = await Subscriber.StartAsync(
            Endpoint, consumer, Shard, new { Type = "AFTER_SEQUENCE_NUMBER", SequenceNumber = (string?)first["ContinuationSequenceNumber"] });
        Assert.Single(Subscriber.Numbers(await second.EventAsync()));
    }

    [Fact]
    public async Task Subscription_AfterFiveMinutes_Ends()
    {
        var consumer = await ConsumerTests.RegisterAsync(Endpoint, "app");
        using var subscriber = await Subscriber.StartAsync(Endpoint, consumer, Shard, Latest);
        await subscriber.AnyEventAsync();
        Endpoint.Clock.Advance(TimeSpan.FromMinutes(5));
        Assert.Null(await subscriber.NextAsync());
        using var next = await Subscriber.StartAsync(Endpoint, consumer, Shard, Latest);
        await next.AnyEventAsync();
    }

    [Fact]
    public async Task Subscription_WithinFiveSecondsOfAnother_IsRefused_AndTakesOverAfterThem()
    {
        var consumer = await ConsumerTests.RegisterAsync(Endpoint, "app", shards: 2);
        var former = await Subscriber.StartAsync(Endpoint, consumer, Shard, Latest);
        await former.AnyEventAsync();
        object again = new { ConsumerARN = consumer, ShardId = Shard, StartingPosition = Latest };
        Endpoint.Clock.Advance(TimeSpan.FromMilliseconds(4_999));
        var (type, message) = await Endpoint.FailAsync("SubscribeToShard", again);
        Assert.Equal("ResourceInUseException", type);
        Assert.StartsWith(
            "Another active subscription exists for this consumer: 000000000000:events:shardId-000000000000:app", message, StringComparison.Ordinal);
        using var other = await Subscriber.StartAsync(Endpoint, consumer, "shardId-000000000001", Latest);

        Endpoint.Clock.Advance(TimeSpan.FromMilliseconds(1));
        using var next = await Subscriber.StartAsync(Endpoint, consumer, Shard, Latest);
        var last = await former.NextAsync();
        while (last is { Type: "event SubscribeToShardEvent" }) last = await former.NextAsync();
        Assert.Equal("exception ResourceInUseException", last!.Value.Type);
        Assert.Null(await former.NextAsync());
        await next.AnyEventAsync();

        // Also when the subscription is over: the slot is the last call's for 5 s.
        next.Dispose();
        Assert.Equal("ResourceInUseException", (await Endpoint.FailAsync("SubscribeToShard", again)).Type);
    }

    [Fact]
    public async Task Subscription_WhenTheShardIsSplit_EndsWithAnEventOfItsChildrenAlone()
    {
        var consumer = await ConsumerTests.RegisterAsync(Endpoint, "app");
        await Endpoint.PutAsync("events", "0");
        using var subscriber = await Subscriber.StartAsync(Endpoint, consumer, Shard, Oldest);
        await subscriber.EventAsync();
        Endpoint.Kinesis.Split("events", Shard, 1_000);
        Endpoint.Clock.Advance(TimeSpan.FromMilliseconds(100));

        var end = await subscriber.EventAsync();
        Assert.Null(end["ContinuationSequenceNumber"]);
        Assert.Equal(0, (int)end["MillisBehindLatest"]!);
        var children = end["ChildShards"]!.AsArray();
        Assert.Equal(["shardId-000000000001", "shardId-000000000002"], children.Select(child => (string)child!["ShardId"]!));
        Assert.All(children, child => Assert.Equal(Shard, (string?)Assert.Single(child!["ParentShards"]!.AsArray())));
        Assert.Equal(["0", "1000"], children.Select(child => (string)child!["HashKeyRange"]!["StartingHashKey"]!));
        Assert.Null(await subscriber.NextAsync());

        Endpoint.Clock.Advance(TimeSpan.FromSeconds(5));
        using var late = await Subscriber.StartAsync(Endpoint, consumer, Shard, Oldest);
        var records = await late.EventAsync();
        Assert.Equal(Assert.Single(Subscriber.Numbers(records)), (string?)records["ContinuationSequenceNumber"]);
        Assert.Null(records["ChildShards"]);
        end = await late.EventAsync();
        Assert.Empty(end["Records"]!.AsArray());
        Assert.Null(end["ContinuationSequenceNumber"]);
        Assert.Equal(2, end["ChildShards"]!.AsArray().Count);
        Assert.Null(await late.NextAsync());
        using var child = await Subscriber.StartAsync(Endpoint, consumer, "shardId-000000000002", Oldest);
        await Endpoint.PutAsync("events", "1000");
        Assert.Single(Subscriber.Numbers(await child.EventAsync()));
    }

    [Theory]
    [InlineData("DeregisterStreamConsumer")]
    [InlineData("DeleteStream")]
    public async Task Subscription_WhenItsConsumerOrStreamIsEnded_EndsWithAnError(string operation)
    {
        var consumer = await ConsumerTests.RegisterAsync(Endpoint, "app");
        using var subscriber = await Subscriber.StartAsync(Endpoint, consumer, Shard, Latest);
        await subscriber.AnyEventAsync();
        await Endpoint.CallAsync(operation, operation == "DeleteStream"
            ? new { StreamName = "events", EnforceConsumerDeletion = true }
            : new { ConsumerARN = consumer });
        var (type, payload) = (await subscriber.NextAsync())!.Value;
        Assert.Equal("exception ResourceNotFoundException", type);
        Assert.NotEmpty((string)payload["message"]!);
        Assert.Null(await subscriber.NextAsync());
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Subscription_WhenTheConsumerIsNotActive_IsInUse(bool deleting)
    {
        var stream = (await Endpoint.Kinesis.CreateStreamAsync("events", 1)).Arn;
        var answer = await Endpoint.CallAsync("RegisterStreamConsumer", new { StreamARN = stream, ConsumerName = "app" });
        var consumer = (string?)answer["Consumer"]!["ConsumerARN"];
        if (deleting) await Endpoint.CallAsync("DeregisterStreamConsumer", new { ConsumerARN = consumer });
        var (type, message) = await Endpoint.FailAsync(
            "SubscribeToShard", new { ConsumerARN = consumer, ShardId = Shard, StartingPosition = Latest });
        Assert.Equal("ResourceInUseException", type);
        Assert.EndsWith("is not in ACTIVE status.", message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Subscriptions_OfManyConsumers_DoNotTakeFromEachOther()
    {
        var consumers = new List<string> { await ConsumerTests.RegisterAsync(Endpoint, "app-0") };
        for (var i = 1; i < 5; i++) consumers.Add(await ConsumerTests.RegisterAsync(Endpoint, $"app-{i}", create: false));
        var subscribers = await Task.WhenAll(consumers.Select(consumer => Subscriber.StartAsync(Endpoint, consumer, Shard, Oldest)));
        var hashKeys = Enumerable.Range(0, 50).Select(i => $"{i}").ToList();
        await Endpoint.PutAsync("events", hashKeys);
        var applied = Endpoint.Kinesis.GetApplied("events").Select(record => record.SequenceNumber).ToList();
        foreach (var subscriber in subscribers)
        {
            var seen = new List<string>();
            while (seen.Count < hashKeys.Count) seen.AddRange(Subscriber.Numbers(await subscriber.EventAsync()));
            Assert.Equal(applied, seen);
            subscriber.Dispose();
        }
    }

    [Fact]
    public async Task Faults_OnSubscriptions_RefuseThemOrEndThem()
    {
        var consumer = await ConsumerTests.RegisterAsync(Endpoint, "app");
        var id = Endpoint.Kinesis.Faults.Add(new ErrorFault { Operation = "SubscribeToShard", Stream = "events", Type = "LimitExceededException" });
        object request = new { ConsumerARN = consumer, ShardId = Shard, StartingPosition = Oldest };
        Assert.Equal("LimitExceededException", (await Endpoint.FailAsync("SubscribeToShard", request)).Type);
        Endpoint.Kinesis.Faults.Remove(id);

        Endpoint.Kinesis.Faults.Add(new SubscriptionErrorFault { Stream = "events", AfterEvents = 1, Type = "KMSThrottlingException" });
        using var subscriber = await Subscriber.StartAsync(Endpoint, consumer, Shard, Oldest);
        await subscriber.AnyEventAsync();
        Assert.Equal("exception KMSThrottlingException", (await subscriber.NextAsync())!.Value.Type);
        Assert.Null(await subscriber.NextAsync());
    }

    [Fact]
    public async Task Server_WhenItStops_EndsSubscriptions()
    {
        var endpoint = await TestEndpoint.StartAsync();
        var consumer = await ConsumerTests.RegisterAsync(endpoint, "app");
        using var subscriber = await Subscriber.StartAsync(endpoint, consumer, Shard, Latest);
        await subscriber.AnyEventAsync();
        await endpoint.Server.DisposeAsync();
        await Assert.ThrowsAnyAsync<Exception>(async () => Assert.NotNull(await subscriber.NextAsync()));
        await endpoint.DisposeAsync();
    }

    [Fact]
    public async Task Client_ThatDoesNotRead_IsCutOffASecondAfterFiveMinutes()
    {
        await using var endpoint = await TestEndpoint.StartAsync(options => options.LimitModel = LimitModel.None);
        var consumer = await ConsumerTests.RegisterAsync(endpoint, "app");
        await endpoint.CallAsync("PutRecord", new { StreamName = "events", Data = new byte[1_000_000], PartitionKey = "k" });
        using var subscriber = await Subscriber.StartAsync(endpoint, consumer, Shard, Oldest);
        // The event has begun; the rest of it is larger than what the client has asked for.
        await subscriber.Rest.ReadExactlyAsync(new byte[4], TestContext.Current.CancellationToken);
        endpoint.Clock.Advance(TimeSpan.FromMinutes(5) + TimeSpan.FromSeconds(1));
        await Assert.ThrowsAnyAsync<IOException>(() => subscriber.Rest.CopyToAsync(Stream.Null, TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task Client_ThatLeaves_FreesNothingButItself()
    {
        var consumer = await ConsumerTests.RegisterAsync(Endpoint, "app");
        (await Subscriber.StartAsync(Endpoint, consumer, Shard, Latest)).Dispose();
        await Endpoint.PutAsync("events", "0");
        Endpoint.Clock.Advance(TimeSpan.FromSeconds(5));
        using var next = await Subscriber.StartAsync(Endpoint, consumer, Shard, Oldest);
        Assert.Single(Subscriber.Numbers(await next.EventAsync()));
    }
}
