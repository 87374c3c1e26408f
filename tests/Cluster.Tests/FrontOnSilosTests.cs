using System.Text;
using System.Text.Json.Nodes;

namespace Orleans.Kpl.Cluster.Tests;

/// <summary>The Kinesis front of silos: an entry stays one Kinesis record, whichever silo sends for its shard.</summary>
public sealed class FrontOnSilosTests(DynamoDbLocal dynamoDb)
{
    private const int Entries = 200;
    private const int Shards = 8;

    [PosixFact]
    public async Task Silos_AskedAsKinesis_PutOneKinesisRecordForEachEntry_AndRefuseAsKinesisDoes()
    {
        await using var cluster = await SiloCluster.CreateAsync(dynamoDb, "none", [$"events={Shards}"]);
        var silos = await cluster.StartSilosAsync(2);
        var puts = await Task.WhenAll(silos.Select((silo, i) => CallAsync(silo, "PutRecords", Batch(i))));

        // The shards are spread: half of the entries are sent by another silo than the one that was asked.
        var told = puts.SelectMany(static p => p.Json["Records"]!.AsArray())
            .Select(static r => ((string?)r!["ShardId"], (string?)r["SequenceNumber"])).ToList();
        Assert.All(puts, static p => Assert.Equal((200, 0), (p.Status, (int)p.Json["FailedRecordCount"]!)));
        Assert.Equal(silos.Count * Entries, told.Distinct().Count());
        Assert.Equal(Shards, told.Select(static t => t.Item1).Distinct().Count());
        var applied = await cluster.Kinesis.AppliedAsync("events");
        Assert.Equal(told.Order(), applied.Select(static r => (r.GetProperty("shard_id").GetString(), r.GetProperty("sequence_number").GetString())).Order());
        Assert.Equal(
            Enumerable.Range(0, silos.Count).SelectMany(static s => Enumerable.Range(0, Entries).Select(i => DataOf(s, i))).Order(StringComparer.Ordinal),
            applied.Select(static r => Encoding.UTF8.GetString(r.GetProperty("data").GetBytesFromBase64())).Order(StringComparer.Ordinal));

        var one = await CallAsync(silos[0], "PutRecord", new JsonObject { ["StreamName"] = "events", ["PartitionKey"] = "k", ["Data"] = "aGVsbG8=" });
        var shards = await CallAsync(silos[1], "ListShards", new JsonObject { ["StreamName"] = "events" });
        var missing = await CallAsync(silos[1], "PutRecord", new JsonObject { ["StreamName"] = "nowhere", ["PartitionKey"] = "k", ["Data"] = "aGVsbG8=" });
        var reading = await CallAsync(silos[0], "GetRecords", new JsonObject { ["ShardIterator"] = "x" });
        Assert.Equal((200, Shards), (one.Status, shards.Json["Shards"]!.AsArray().Count));
        Assert.Equal((400, "ResourceNotFoundException"), (missing.Status, CodeOf(missing.Json)));
        Assert.Equal((400, "AccessDeniedException"), (reading.Status, CodeOf(reading.Json)));
    }

    private static string? CodeOf(JsonNode error) => ((string?)error["__type"])?.Split('#')[^1];

    private static string DataOf(int silo, int entry) => $"{silo}/{entry}";

    private static JsonObject Batch(int silo) => new()
    {
        ["StreamName"] = "events",
        ["Records"] = new JsonArray([.. Enumerable.Range(0, Entries).Select(i => new JsonObject
        {
            ["PartitionKey"] = $"key-{silo}-{i}", ["Data"] = Convert.ToBase64String(Encoding.UTF8.GetBytes(DataOf(silo, i))),
        })]),
    };

    private static async Task<(int Status, JsonNode Json)> CallAsync(SiloProcess silo, string operation, JsonObject body)
    {
        var (status, text) = await silo.Http.CallKinesisAsync(operation, body);
        return ((int)status, JsonNode.Parse(text)!);
    }
}
