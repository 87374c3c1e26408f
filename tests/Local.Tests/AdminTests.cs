using System.Text.Json;

namespace Orleans.Kpl.Local.Tests;

/// <summary>The admin endpoints of the real process, over its own Kinesis endpoint.</summary>
public sealed class AdminTests
{
    private const string Path = "/admin/streams/events";

    [Fact]
    public async Task SplitAndMerge_WithWait_AnswerWithTheirEnd()
    {
        await using var tier = await LocalProcess.StartReadyAsync("--stream", "events=2");

        var (status, text) = await tier.PostAsync($"{Path}/split?wait=120", """{"shard_id":"shardId-000000000000","at":"middle"}""");

        Assert.Equal(200, status);
        var answer = JsonDocument.Parse(text).RootElement;
        Assert.Equal("done", answer.GetProperty("operation").GetProperty("state").GetString());
        Assert.Equal("85070591730234615865843651857942052864", answer.GetProperty("plan").GetProperty("steps")[0].GetProperty("at").GetString());
        var shards = (await tier.GetAsync($"{Path}/shards")).GetProperty("shards").EnumerateArray().ToList();
        Assert.Equal(3, shards.Count);

        var (merged, _) = await tier.PostAsync(
            $"{Path}/merge?wait=120", $$"""{"shard_id":"{{shards[0].GetProperty("shard_id").GetString()}}","adjacent_shard_id":"{{shards[1].GetProperty("shard_id").GetString()}}"}""");

        Assert.Equal(200, merged);
        Assert.Equal(2, (await tier.GetAsync(Path)).GetProperty("open_shards").GetInt32());
        var history = (await tier.GetAsync($"{Path}/history")).GetProperty("history").EnumerateArray().Select(e => e.GetProperty("kind").GetString());
        Assert.Equal(["merge", "split"], history);
    }

    [Fact]
    public async Task Cost_BeforeAMinuteWasSeen_SaysSo()
    {
        await using var tier = await LocalProcess.StartReadyAsync("--stream", "events=2");
        Assert.StartsWith("no load was seen: ", (await tier.GetAsync($"{Path}/cost")).GetProperty("note").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Scale_WithoutWait_IsBegunAndCanBeFollowed()
    {
        await using var tier = await LocalProcess.StartReadyAsync("--stream", "events=2");
        // No shard changes before a record comes for it.
        using (var held = new StringContent("""{"cut_over_delay":86400000,"cut_over_after_records":1}"""))
            (await tier.Http.PutAsync(new Uri(tier.Kinesis, "/_reshards"), held, TestContext.Current.CancellationToken)).EnsureSuccessStatusCode();

        var (status, text) = await tier.PostAsync($"{Path}/scale", """{"shards":4,"method":"update_shard_count"}""");
        var id = JsonDocument.Parse(text).RootElement.GetProperty("operation_id").GetString();
        var (busy, busyText) = await tier.PostAsync($"{Path}/scale", """{"shards":3}""");

        Assert.Equal(202, status);
        Assert.Equal(409, busy);
        Assert.Contains("OperationRunning", busyText, StringComparison.Ordinal);
        await Waiting.UntilAsync(async () =>
        {
            foreach (var record in (string[])["""{"partition_key":"k","explicit_hash_key":"0","payload":1}""", """{"partition_key":"k","explicit_hash_key":"170141183460469231731687303715884105728","payload":1}"""])
                Assert.Equal(200, (await tier.PostAsync("/events/confirmed", record)).Status);
            return (await tier.GetAsync($"{Path}/operations/{id}")).GetProperty("state").GetString() != "running";
        });
        Assert.Equal(4, (await tier.GetAsync(Path)).GetProperty("open_shards").GetInt32());
    }

    [Fact]
    public async Task BadRequests_AreEachToldByName_AndChangeNothing()
    {
        (string Path, string Body, string Told)[] requests =
        [
            ("split", """{"shard_id":"shardId-000000000007"}""", "404 UnknownShard"),
            ("split", """{"shard_id":"shardId-000000000000","at":"x"}""", "400 KeyOutsideRange"),
            ("split", "{}", "400 BadRequest"),
            ("split", "no json", "400 MalformedJson"),
            ("merge", """{"shard_id":"shardId-000000000000","adjacent_shard_id":"shardId-000000000002"}""", "400 NotAdjacent"),
            ("scale", """{"shards":0}""", "400 BadTarget"),
            ("scale", """{"shards":4,"methd":"plan"}""", "400 BadRequest"),
            ("scale", "4", "400 MalformedJson"),
            ("scale?wait=soon", """{"shards":5}""", "400 BadRequest"),
            ("policy", """{"mode":"on","merge_utilisation":0.9}""", "400 InvalidPolicy"),
            ("capacity", """{"warm_mib_per_second":8}""", "400 InvalidChange"),
            ("capacity", """{"max_record_kib":20480}""", "400 InvalidChange"),
        ];
        await using var tier = await LocalProcess.StartReadyAsync("--stream", "events=4");

        foreach (var (path, body, told) in requests)
        {
            var (status, text) = await tier.PostAsync($"{Path}/{path}", body);
            Assert.Equal($"{path} {body}: {told}", $"{path} {body}: {status} {JsonDocument.Parse(text).RootElement.GetProperty("error_code").GetString()}");
        }

        Assert.Equal(4, (await tier.GetAsync(Path)).GetProperty("open_shards").GetInt32());
        Assert.Empty((await tier.GetAsync($"{Path}/history")).GetProperty("history").EnumerateArray());
    }

    [Fact]
    public async Task Capacity_IsShownAndChanged_AndLargerRecordsGoIn()
    {
        await using var tier = await LocalProcess.StartReadyAsync("--stream", "events=1");
        var (tried, text) = await tier.PostAsync($"{Path}/capacity", """{"max_record_kib":2048,"dry_run":true}""");
        Assert.Equal((200, 1_024), (tried, (await tier.GetAsync($"{Path}/capacity")).GetProperty("max_record_kib").GetInt32()));
        Assert.False(JsonDocument.Parse(text).RootElement.GetProperty("is_made").GetBoolean());

        var (made, _) = await tier.PostAsync($"{Path}/capacity", """{"max_record_kib":2048}""");
        var (put, answer) = await tier.PostAsync("/events/confirmed", $$"""{"partition_key":"k","payload":"{{new string('x', 1_500_000)}}"}""");

        Assert.Equal((200, 200), (made, put));
        Assert.Contains("sequence_number", answer, StringComparison.Ordinal);
        Assert.Equal(2_048, (await tier.GetAsync($"{Path}/capacity")).GetProperty("max_record_kib").GetInt32());
        var entry = Assert.Single((await tier.GetAsync($"{Path}/history")).GetProperty("history").EnumerateArray());
        Assert.StartsWith("The largest record goes from 1,024 to 2,048 KiB.", entry.GetProperty("reason").GetString(), StringComparison.Ordinal);
    }

    /// <summary>So that <c>kpl tail</c> reads where <c>kpl put</c> puts.</summary>
    [Fact]
    public async Task Kinesis_IsWhereTheTierSends()
    {
        await using var tier = await LocalProcess.StartReadyAsync();
        var answer = await tier.GetAsync("/admin/kinesis");
        Assert.Equal((tier.Kinesis, "us-east-1"), (new Uri(answer.GetProperty("endpoint").GetString()!), answer.GetProperty("region").GetString()));
    }

    [Fact]
    public async Task PlanPolicyAndRefresh_AnswerAtOnce()
    {
        await using var tier = await LocalProcess.StartReadyAsync("--stream", "events=2");

        var (planned, plan) = await tier.PostAsync($"{Path}/plan", """{"shards":4}""");
        var (byPolicy, _) = await tier.PostAsync($"{Path}/plan", "{}");
        var (stored, policy) = await tier.PostAsync($"{Path}/policy", """{"mode":"dry_run","max_shards":8}""");
        var (refreshed, shards) = await tier.PostAsync($"{Path}/refresh", "");
        var (missing, _) = await tier.PostAsync("/admin/streams/nothing-there/refresh", "");

        Assert.Equal((200, 200, 200, 200, 404), (planned, byPolicy, stored, refreshed, missing));
        Assert.Equal(2, JsonDocument.Parse(plan).RootElement.GetProperty("steps").GetArrayLength());
        Assert.Equal(8, JsonDocument.Parse(policy).RootElement.GetProperty("max_shards").GetInt32());
        Assert.Equal(2, JsonDocument.Parse(shards).RootElement.GetProperty("shards").GetArrayLength());
        var kept = await tier.GetAsync($"{Path}/policy");
        Assert.Equal(("dry_run", 0.75), (kept.GetProperty("mode").GetString(), kept.GetProperty("split_utilisation").GetDouble()));
    }
}
