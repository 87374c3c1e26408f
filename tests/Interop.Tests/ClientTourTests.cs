using System.Text.Json.Nodes;
using Orleans.Kpl.LocalKinesis;

namespace Orleans.Kpl.Interop.Tests;

/// <summary>Waiters and paginators of AWS's own clients, on the local endpoint.</summary>
public sealed class ClientTourTests
{
    private const string Stream = "tour-0";

    private static readonly string[] Shards = [.. Enumerable.Range(0, 5).Select(i => $"shardId-{i:D12}")];

    /// <summary>The client's own handler is taken as it comes: it speaks HTTP/2, in clear text with prior knowledge.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task JavaScriptSdk_WithItsOwnHandler_PassesItsWaitersAndPaginatorsOverHttp2(bool tls)
    {
        Needs.NodePackages();
        await using var server = await StartAsync();
        var outcome = await TourAsync(
            "node", ["tour.mjs", (tls ? server.TlsUrl! : server.Url).ToString()], tls ? new() { ["NODE_TLS_REJECT_UNAUTHORIZED"] = "0" } : []);

        AssertTour(outcome);
        Assert.Equal("h2", (string?)outcome["protocol"]);
    }

    [Fact]
    public async Task Boto3_PassesItsWaitersAndPaginators()
    {
        await Needs.Boto3Async();
        await using var server = await StartAsync();
        var outcome = await TourAsync("python3", ["boto3_tour.py", server.Url.ToString()], []);

        AssertTour(outcome);
        Assert.Equal([Shards], Pages(outcome["listed_one_page"]));
    }

    /// <summary>A process for each call. Its paginators and waiters are botocore's, which boto3 tries in each run.</summary>
    [Fact]
    [Trait("Category", "Long")]
    public async Task AwsCli_PassesItsWaitersAndPaginators()
    {
        Needs.AwsCli();
        await using var server = await StartAsync();
        string[] of = ["--stream-name", Stream];

        await AwsAsync(server, ["wait", "stream-not-exists", .. of]);
        await AwsAsync(server, ["create-stream", .. of, "--shard-count", "5"]);
        await AwsAsync(server, ["wait", "stream-exists", .. of]);
        for (var i = 1; i < 5; i++)
            await server.Kinesis.CreateStreamAsync($"tour-{i}", 1);

        var streams = await AwsAsync(server, ["list-streams", "--page-size", "2"]);
        Assert.Equal(Enumerable.Range(0, 5).Select(i => $"tour-{i}"), Texts(streams["StreamNames"]));
        var described = (await AwsAsync(server, ["describe-stream", .. of, "--page-size", "2"]))["StreamDescription"]!;
        Assert.Equal((Stream, "ACTIVE"), ((string?)described["StreamName"], (string?)described["StreamStatus"]));
        Assert.Equal(Shards, Ids(described["Shards"]));
        Assert.Equal(Shards, Ids((await AwsAsync(server, ["list-shards", .. of]))["Shards"]));

        // The CLI's pages are botocore's: the name comes with the token, which Kinesis refuses.
        var refused = await RunAsync(server, ["list-shards", .. of, "--page-size", "2"]);
        Assert.NotEqual(0, refused.ExitCode);
        Assert.Contains("(InvalidArgumentException) when calling the ListShards operation", refused.Error, StringComparison.Ordinal);

        string[] arn = ["--stream-arn", (string)described["StreamARN"]!];
        foreach (var name in (string[])["tour-a", "tour-b"])
            await AwsAsync(server, ["register-stream-consumer", .. arn, "--consumer-name", name]);
        await AwsAsync(server, ["deregister-stream-consumer", .. arn, "--consumer-name", "tour-b"]);
        await Waiting.UntilAsync(() => server.Kinesis.Get(Stream).ConsumerCount == 1);
        var consumer = (await AwsAsync(server, ["describe-stream-consumer", .. arn, "--consumer-name", "tour-a"]))["ConsumerDescription"]!;
        Assert.Equal(((string?)described["StreamARN"], "ACTIVE"), ((string?)consumer["StreamARN"], (string?)consumer["ConsumerStatus"]));

        await AwsAsync(server, ["delete-stream", .. of, "--enforce-consumer-deletion"]);
        await AwsAsync(server, ["wait", "stream-not-exists", .. of]);
        Assert.Null(server.Kinesis.Find(Stream));
    }

    private static async Task<LocalKinesisServer> StartAsync()
    {
        // Both clients look for a stream as soon as they have made it, and then have to wait for it.
        var moment = TimeSpan.FromMilliseconds(500);
        return await LocalKinesisServer.StartAsync(new LocalKinesisOptions { Port = 0, TlsPort = 0, CreatingTime = moment, DeletingTime = moment });
    }

    private static void AssertTour(JsonObject outcome)
    {
        foreach (var waiter in (string[])["not_there", "there", "gone"])
            Assert.Equal((waiter, "SUCCESS"), (waiter, (string?)outcome[waiter]));
        Assert.Equal([["tour-0", "tour-1"], ["tour-2", "tour-3"], ["tour-4"]], Pages(outcome["streams"]));
        string[][] inTwos = [Shards[..2], Shards[2..4], Shards[4..]];
        Assert.Equal(inTwos, Pages(outcome["described"]));
        Assert.Equal(inTwos, Pages(outcome["listed"]));
        Assert.Equal((0, 500), ((int?)outcome["put_failed"], (int?)outcome["read"]));

        // As on AWS: a stream's name beside a NextToken is refused. botocore's own paginator of ListShards sends both.
        Assert.Equal("InvalidArgumentException", (string?)outcome["listed_with_name"]);

        // botocore's paginator of consumers sends the stream with the token, too: here it must.
        Assert.Equal([["tour-a", "tour-b"], ["tour-c"]], Pages(outcome["consumers"]));
        Assert.Equal("ResourceInUseException", (string?)outcome["deleted_with_consumers"]);
    }

    private static async Task<JsonObject> TourAsync(string program, string[] arguments, Dictionary<string, string> environment)
    {
        arguments[0] = Path.Combine(Needs.StandIns, arguments[0]);
        var outcome = await Command.RunAsync(program, arguments, environment: environment);
        Assert.True(outcome.ExitCode == 0, outcome.Error);
        return JsonNode.Parse(outcome.Output)!.AsObject();
    }

    private static async Task<JsonNode> AwsAsync(LocalKinesisServer server, string[] arguments)
    {
        var outcome = await RunAsync(server, arguments);
        Assert.True(outcome.ExitCode == 0, $"{string.Join(' ', arguments)}: {outcome.Error}");
        return JsonNode.Parse(outcome.Output.Length == 0 ? "{}" : outcome.Output)!;
    }

    private static Task<ProgramRun> RunAsync(LocalKinesisServer server, string[] arguments) =>
        Command.RunAsync("aws", ["kinesis", .. arguments, "--endpoint-url", server.Url.ToString(), "--output", "json"], environment: Needs.AwsEnvironment);

    private static string[][] Pages(JsonNode? pages) => [.. pages!.AsArray().Select(Texts)];

    private static string[] Texts(JsonNode? texts) => [.. texts!.AsArray().Select(t => (string)t!)];

    private static string[] Ids(JsonNode? shards) => [.. shards!.AsArray().Select(s => (string)s!["ShardId"]!)];
}
