using System.Net;
using System.Text.Json;

namespace Orleans.Kpl.Cluster.Tests.Rights;

/// <summary>
/// Silos do everything that they ever do, before endpoints that write down each call. IAM allows each by the policies of deploy/aws, and each grant was used.
/// </summary>
/// <remarks>
/// Two rights are in no policy, and no endpoint sees them. <c>kms:GenerateDataKey</c>: Kinesis asks for it in the caller's name, for streams encrypted with a
/// key of the customer. <c>sts:AssumeRole</c>: a stream's <c>RoleArn</c> names the role. docs/deploying.md tells of both.
/// </remarks>
[Trait("Category", "Long")]
public sealed class IamTests(DynamoDbLocal dynamoDb)
{
    private const string Account = "111111111111";
    private const string Stream = "events";

    /// <summary>Granted, and seldom used: each with what it is for.</summary>
    private static readonly Dictionary<string, string> Rare = new()
    {
        ["dynamodb:BatchWriteItem silos"] = "Orleans removes the rows of silos that have been gone for a week",
        ["dynamodb:GetItem backlog"] = "a segment is read again that memory has not kept",
        ["dynamodb:BatchWriteItem backlog"] = "the items of a log that was delivered are deleted",
    };

    [PosixFact]
    public async Task Silos_AreAllowedEachOfTheirCalls_AndUseEachGrant()
    {
        IamSimulator.Need();
        await using var tables = await RecordingProxy.StartAsync(await dynamoDb.UrlAsync());
        await using var cluster = await SiloCluster.CreateAsync(tables.Url, "none", [$"{Stream}=2"], "--Kpl:AckLevel=Persisted");
        await using var kinesis = await RecordingProxy.StartAsync(cluster.Kinesis.Url);
        var policy = new AwsPolicy(Account, cluster.Options.Id, Stream);
        var toKinesis = $"--Kpl:Kinesis:EndpointUrl={kinesis.Url}";

        // Who makes the tables, and has every shard; then silos that find them.
        var first = await cluster.StartSiloAsync(toKinesis);
        await PutAsync(first, "/streams/events/records?ack=delivered");
        var second = await cluster.StartSiloAsync(toKinesis, "--Kpl:DynamoDb:CreateTables=false", $"--Kpl:Streams:{Stream}:Ordered=PutRecord");
        var third = await cluster.StartSiloAsync(toKinesis, "--Kpl:DynamoDb:CreateTables=false");
        await PutAsync(first, "/streams/events/records");
        await PutAsync(second, "/streams/events/records?ack=delivered");
        await CallFrontAsync(first, "ListStreams", "{}");
        await CallFrontAsync(first, "DescribeStream", $$"""{"StreamName":"{{Stream}}"}""");

        // What an administrator asks for.
        await AdministerAsync(first, "split", """{"shard_id":"shardId-000000000000","at":"middle"}""");
        await AdministerAsync(first, "merge", """{"shard_id":"shardId-000000000002","adjacent_shard_id":"shardId-000000000003"}""");
        await AdministerAsync(first, "scale", """{"shards":4,"method":"update_shard_count"}""");

        await ChangeCapacityAsync(first, """{"max_record_kib":2048}""");
        await ChangeCapacityAsync(first, """{"on_demand":true}""");
        await cluster.Kinesis.CallAsync("UpdateAccountSettings", """{"MinimumThroughputBillingCommitment":{"Status":"ENABLED"}}""");
        await ChangeCapacityAsync(first, """{"warm_mib_per_second":8}""");

        // One is lost, one leaves. The last one has every shard, and there the stream is ordered.
        await third.KillAsync();
        await using (var client = await ClusterConnection.OpenAsync(cluster.Options))
            await Waiting.UntilAsync(async () => (await client.ActiveSilosAsync()).Count == 2);
        await PutAsync(first, "/streams/events/records");
        first.Signal(Signals.Terminate);
        Assert.Equal(0, (await first.ExitAsync()).Code);
        await PutAsync(second, "/streams/events/records?ack=delivered");

        var used = tables.Used.Keys.Concat(kinesis.Used.Keys).Order(StringComparer.Ordinal).ToList();
        string[] files = ["silo.json", "resharding.json", "table-maker.json"];
        var denied = await IamSimulator.FindDeniedAsync(
            $"arn:aws:iam::{Account}:role/{AwsPolicy.Role}", files.Select(f => policy.Read(f)), [.. used.Select(policy.Request)]);
        Assert.True(denied.Count == 0, string.Join('\n', denied));
        var unused = files.SelectMany(policy.Grants).Except(used).Select(g => g.Replace($" {cluster.Options.Id}-", " ", StringComparison.Ordinal)).ToList();
        Assert.True(!unused.Except(Rare.Keys).Any(), $"granted, and neither used nor known to be rare: {string.Join(", ", unused.Except(Rare.Keys))}");
    }

    /// <summary>A stream of another account: that account's policy and the silos' own must both allow.</summary>
    [Fact]
    public async Task StreamsOfAnotherAccount_NeedItsPolicyToo()
    {
        IamSimulator.Need();
        const string Owner = "222222222222";
        var streams = new AwsPolicy(Owner, "x", Stream);
        var silo = $"arn:aws:iam::{Account}:role/{AwsPolicy.Role}";
        List<IamRequest> requests = [.. streams.Grants("stream-owner.json").Select(streams.Request)];

        Assert.Empty(await IamSimulator.FindDeniedAsync(silo, [streams.Read("silo.json")], requests, streams.Read("stream-owner.json", Account)));
        Assert.Equal(requests.Count, (await IamSimulator.FindDeniedAsync(silo, [streams.Read("silo.json")], requests)).Count);
        var other = $"arn:aws:iam::{Account}:role/other";
        var denied = await IamSimulator.FindDeniedAsync(other, [streams.Read("silo.json")], requests, streams.Read("stream-owner.json", Account));
        Assert.Equal(requests.Count, denied.Count);
    }

    private static async Task PutAsync(SiloProcess silo, string path)
    {
        var (status, text) = await silo.PostAsync(path, """[{"partition_key":"k","payload":1},{"partition_key":"l","payload":2}]""");
        Assert.True(status == 200 && !text.Contains("failed", StringComparison.Ordinal), text);
    }

    private static async Task CallFrontAsync(SiloProcess silo, string operation, string body) =>
        Assert.Equal(HttpStatusCode.OK, (await silo.Http.CallKinesisAsync(operation, body)).Status);

    /// <summary>Changes the stream's capacity when the change before is over.</summary>
    private static Task ChangeCapacityAsync(SiloProcess silo, string body) => Waiting.UntilAsync(async () =>
    {
        var (status, text) = await silo.PostAsync($"/admin/streams/{Stream}/capacity", body);
        Assert.True(status == 200 || text.Contains(StreamManagerErrorCodes.StreamNotActive, StringComparison.Ordinal), text);
        return status == 200;
    });

    private static async Task AdministerAsync(SiloProcess silo, string what, string body)
    {
        var (status, text) = await silo.PostAsync($"/admin/streams/{Stream}/{what}?wait=60", body);
        Assert.True(status == 200, text);
        var operation = JsonDocument.Parse(text).RootElement.GetProperty("operation_id").GetString();
        await Waiting.UntilAsync(async () =>
        {
            var (_, now) = await silo.GetAsync($"/admin/streams/{Stream}/operations/{operation}");
            return JsonDocument.Parse(now).RootElement.GetProperty("state").GetString() is not "running";
        });
    }
}
