using System.Text.Json;

namespace Orleans.Kpl.Interop.Tests;

/// <summary>Records go in over HTTP; AWS's own clients read them back, and AWS's own library takes the aggregates apart.</summary>
[Collection(nameof(LocalTier))]
public sealed class LocalTierTests(LocalTier tier)
{
    private const int Count = 1_000;

    [Fact]
    public async Task JavaScriptSdk_WhenRecordsWerePut_ReadsEachWhereItsResultSays()
    {
        Needs.NodePackages();
        var put = await tier.PutAsync("javascript", SampleRecords.Make(Count, seed: 1));
        await AssertReadBackAsync(put, await Command.ScriptAsync("client.mjs", ["read", tier.Kinesis, "javascript"]));
    }

    [Fact]
    public async Task Boto3_WhenRecordsWerePut_ReadsEachWhereItsResultSays()
    {
        Needs.NodePackages();
        await Needs.Boto3Async();
        var put = await tier.PutAsync("python", SampleRecords.Make(Count, seed: 2));
        await AssertReadBackAsync(put, await Command.LinesAsync("python3", [Path.Combine(Needs.StandIns, "boto3_read.py"), tier.Kinesis, "python"]));
    }

    [Fact]
    public async Task AwsCli_WhenRecordsWerePut_ReadsEachWhereItsResultSays()
    {
        Needs.NodePackages();
        Needs.AwsCli();
        var put = await tier.PutAsync("command", SampleRecords.Make(Count, seed: 3));
        var read = new List<Line>();
        using var shards = await AwsAsync("list-shards", "--stream-name", "command");
        foreach (var shard in shards.RootElement.GetProperty("Shards").EnumerateArray().Select(s => s.GetProperty("ShardId").GetString()!))
        {
            using var start = await AwsAsync("get-shard-iterator", "--stream-name", "command", "--shard-id", shard, "--shard-iterator-type", "TRIM_HORIZON");
            using var page = await AwsAsync("get-records", "--shard-iterator", start.RootElement.GetProperty("ShardIterator").GetString()!);
            read.AddRange(page.RootElement.GetProperty("Records").EnumerateArray().Select(r => new Line(
                r.GetProperty("PartitionKey").GetString()!, r.GetProperty("Data").GetString()!, ShardId: shard, SequenceNumber: r.GetProperty("SequenceNumber").GetString())));
        }

        await AssertReadBackAsync(put, read);
    }

    private static async Task AssertReadBackAsync(IReadOnlyList<Line> put, IReadOnlyList<Line> kinesisRecords)
    {
        Assert.True(kinesisRecords.Count < put.Count / 2, $"{put.Count} records came as {kinesisRecords.Count} Kinesis records: hardly aggregated");
        var read = await Command.ScriptAsync("aggregates.mjs", ["split"], kinesisRecords);
        Assert.Equal(SampleRecords.Places(put), SampleRecords.Places(read));
    }

    private async Task<JsonDocument> AwsAsync(params string[] arguments)
    {
        var outcome = await Command.RunAsync("aws", ["kinesis", .. arguments, "--endpoint-url", tier.Kinesis, "--output", "json"],
            environment: Needs.AwsEnvironment);
        Assert.True(outcome.ExitCode == 0, outcome.Error);
        return JsonDocument.Parse(outcome.Output);
    }
}
