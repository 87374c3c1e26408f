using Microsoft.Extensions.DependencyInjection;
using Orleans.Kpl.LocalKinesis;
using Orleans.Kpl.LocalKinesis.Faults;

namespace Orleans.Kpl.Testing.Tests;

/// <remarks>Tests <see cref="LocalKinesis"/>, whose name others use too.</remarks>
public sealed class LocalEndpointTests
{
    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Delivered_OfARealProducer_IsWhatWasPut()
    {
        await using var kinesis = await LocalKinesis.StartAsync(cancellationToken: Cancelled);
        await kinesis.CreateStreamAsync("events", shards: 2);
        await using var producer = KplProducer.Create(kinesis.CreateOptions());
        UserRecord[] records = [.. Enumerable.Range(0, 200).Select(i => UserRecord.FromText($"key-{i}", $"text-{i}")), UserRecord.FromText("k", "last", 5)];

        var results = await producer.PutAsync("events", records, cancellationToken: Cancelled);

        Assert.All(results, r => Assert.True(r.IsSuccess, r.ToString()));
        var delivered = kinesis.GetDelivered("events");
        Assert.Equal(records.Select(r => r.PartitionKey).Order(), delivered.Select(r => r.PartitionKey).Order());
        Assert.Equal((UInt128)5, Assert.Single(delivered, r => r.Text == "last").ExplicitHashKey);
        var found = delivered.ToDictionary(r => r.PartitionKey);
        Assert.All(records.Zip(results), p =>
        {
            var there = found[p.First.PartitionKey];
            Assert.Equal(
                (p.Second.ShardId, p.Second.SequenceNumber, p.Second.SubSequenceNumber), (there.ShardId, there.SequenceNumber, there.SubSequenceNumber));
            Assert.Equal(p.First.Data.ToArray(), there.Data.ToArray());
        });
        Assert.DoesNotContain(found.Values, r => r.ArrivedAt == default);
    }

    /// <summary>A program's own settings, with a role for one stream: the test asked AWS' own STS for it.</summary>
    [Fact]
    public async Task Configure_OfOptionsWithRolesAndCredentials_LeavesNone()
    {
        await using var kinesis = await LocalKinesis.StartAsync(cancellationToken: Cancelled);
        await kinesis.CreateStreamAsync("events");
        var options = new KplOptions { RoleArn = "arn:aws:iam::111122223333:role/all", RoleExternalId = "id", RoleSessionName = "name" };
        options.ForStream("events", static s => s.RoleArn = "arn:aws:iam::111122223333:role/one");
        options.ForStream("others", static s => (s.RoleArn, s.Credentials) = (null, static _ => throw new InvalidOperationException("they were asked for")));
        kinesis.Configure(options);

        Assert.All(
            [options, options.GetStream("events"), options.GetStream("others")],
            static o => Assert.Equal((null, null, null, null), (o.RoleArn, o.RoleExternalId, o.RoleSessionName, o.Credentials)));
        await using var producer = KplProducer.Create(options);
        Assert.True((await producer.PutAsync("events", UserRecord.FromText("k", "text"), cancellationToken: Cancelled)).IsSuccess);
    }

    [Fact]
    public async Task Results_OfAnAsynchronousSequence_TellWhereEachRecordIs()
    {
        await using var kinesis = await LocalKinesis.StartAsync(o => o.LimitModel = LimitModel.None, cancellationToken: Cancelled);
        await kinesis.CreateStreamAsync("events", shards: 2);
        await using var producer = KplProducer.Create(kinesis.CreateOptions());
        var records = AsyncEnumerable.Range(0, 3_000).Select(i => UserRecord.FromText($"key-{i}", $"text-{i}"));

        var results = await producer.PutAsync("events", records, cancellationToken: Cancelled).ToListAsync(Cancelled);

        var found = kinesis.GetDelivered("events").ToDictionary(r => r.Text);
        Assert.Equal((3_000, 3_000), (results.Count, found.Count));
        Assert.All(results.Index(), r => Assert.Equal(
            (r.Item.ShardId, r.Item.SequenceNumber, r.Item.SubSequenceNumber),
            (found[$"text-{r.Index}"].ShardId, found[$"text-{r.Index}"].SequenceNumber, found[$"text-{r.Index}"].SubSequenceNumber)));
    }

    [Fact]
    public async Task Faults_WhileTheyLast_AreMetAndThenOver()
    {
        await using var kinesis = await LocalKinesis.StartAsync(cancellationToken: Cancelled);
        await kinesis.CreateStreamAsync("events");
        var options = kinesis.CreateOptions();
        options.RecordTtl = Waiting.Long;
        await using var producer = KplProducer.Create(options);
        await producer.PutAsync("events", UserRecord.FromText("k", "0"), cancellationToken: Cancelled);
        kinesis.Faults.Add(new RecordErrorFault { Count = 2 });

        var result = await producer.PutAsync("events", UserRecord.FromText("k", "1"), cancellationToken: Cancelled);

        Assert.Equal((true, 3), (result.IsSuccess, result.AttemptCount));
        Assert.Equal(["0", "1"], kinesis.GetDelivered("events").Select(r => r.Text));
    }

    [Fact]
    public async Task Endpoints_SideBySide_KnowNothingOfEachOther()
    {
        await using var one = await LocalKinesis.StartAsync(cancellationToken: Cancelled);
        await using var other = await LocalKinesis.StartAsync(cancellationToken: Cancelled);
        await one.CreateStreamAsync("events");

        Assert.NotEqual(one.Url, other.Url);
        Assert.Empty(one.GetDelivered("events"));
        Assert.Throws<InvalidOperationException>(() => other.GetDelivered("events"));
    }

    [Fact]
    public async Task Configure_OfAContainersProducer_LeadsItHere()
    {
        await using var kinesis = await LocalKinesis.StartAsync(o => o.CheckSignatures = new SigningKey("id", "secret"), cancellationToken: Cancelled);
        await kinesis.CreateStreamAsync("events");
        var services = new ServiceCollection().AddKpl(o => (o.Kinesis.Profile, o.Kinesis.Region) = ("somebody's own", "eu-central-1"));
        services.PostConfigure<KplOptions>(kinesis.Configure);
        await using var provider = services.BuildServiceProvider();

        var put = provider.GetRequiredService<IKplProducer>().PutAsync("events", UserRecord.FromText("k", "text"), cancellationToken: Cancelled);
        Assert.Equal("text", Assert.Single(await kinesis.WaitForDeliveredAsync("events", 1, Cancelled)).Text);
        (await put).EnsureSuccess();
    }

    /// <summary>KCL drops it whole, and a producer puts all of its members again: else those that belong there would be seen twice.</summary>
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public async Task Delivered_OfAnAggregateWithAMemberOfAnotherShard_HasNoneOfIt(int shard)
    {
        await using var kinesis = await LocalKinesis.StartAsync(cancellationToken: Cancelled);
        await kinesis.CreateStreamAsync("one");
        await kinesis.CreateStreamAsync("two", shards: 2);
        await using var producer = KplProducer.Create(kinesis.CreateOptions());
        await producer.PutAsync("one", [UserRecord.FromText("k", "low", 0), UserRecord.FromText("k", "high", UInt128.MaxValue)], cancellationToken: Cancelled);
        var aggregate = Assert.Single(kinesis.Endpoint.GetApplied("one")).Data;

        var options = kinesis.CreateOptions();
        options.AggregationEnabled = false;
        await using var plain = KplProducer.Create(options);
        await plain.PutAsync("two", UserRecord.FromText("k", "before", 0), cancellationToken: Cancelled);
        await plain.PutAsync("two", new UserRecord("a", aggregate, shard == 0 ? 0 : UInt128.MaxValue), cancellationToken: Cancelled);

        Assert.Equal(["low", "high"], kinesis.GetDelivered("one").Select(r => r.Text));
        Assert.Equal("before", Assert.Single(kinesis.GetDelivered("two")).Text);
    }

    [Fact]
    public async Task Start_WithBadSettings_NamesAllOfThem()
    {
        var error = await Assert.ThrowsAsync<ArgumentException>(
            () => LocalKinesis.StartAsync(o => (o.ShardLimit, o.RetentionBytes) = (0, 1), cancellationToken: Cancelled));
        Assert.Contains(nameof(LocalKinesisOptions.ShardLimit), error.Message, StringComparison.Ordinal);
        Assert.Contains(nameof(LocalKinesisOptions.RetentionBytes), error.Message, StringComparison.Ordinal);
    }
}
