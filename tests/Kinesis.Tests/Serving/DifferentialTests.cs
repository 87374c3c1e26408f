using System.Text;
using System.Text.Json.Nodes;
using Orleans.Kpl.LocalKinesis;

namespace Orleans.Kpl.Kinesis.Tests.Serving;

/// <summary>The same bytes go to the front and to the local endpoint, which share no code. What may differ stands in one table, with its reason.</summary>
/// <remarks>Tests <see cref="Kinesis.Serving.FrontEndpoint"/>.</remarks>
public sealed class DifferentialTests
{
    private const string Arn = "arn:aws:kinesis:us-east-1:000000000000:stream/events";

    /// <summary>Why the answers to a request may differ, and what the front's error is then.</summary>
    private static readonly Dictionary<string, (string? Error, string Why)> Permitted = new()
    {
        ["key of 256 surrogate pairs"] = ("ValidationException", "keys have at most 256 UTF-16 units here, as in KPL"),
        ["GetShardIterator"] = ("AccessDeniedException", "the front takes records"),
        ["unknown operation"] = ("AccessDeniedException", "the front does not tell which other operations there are"),
        ["CreateStream"] = ("AccessDeniedException", "the front takes records"),
    };

    /// <summary>Members whose values are the answer's own: numbers of records, tokens, and what is counted anew at each place.</summary>
    private static readonly HashSet<string> OwnValues = ["SequenceNumber", "NextToken", "StreamCreationTimestamp", "StartingSequenceNumber", "ShardId"];

    private static readonly Dictionary<string, (string Operation, string Body)> Requests = new()
    {
        ["record"] = ("PutRecord", """{"StreamName":"events","PartitionKey":"k","Data":"aGk="}"""),
        ["record by ARN"] = ("PutRecord", $$"""{"StreamARN":"{{Arn}}","PartitionKey":"k","Data":"aGk="}"""),
        ["record by both"] = ("PutRecord", $$"""{"StreamARN":"{{Arn}}","StreamName":"events","PartitionKey":"k","Data":"aGk="}"""),
        ["two streams"] = ("PutRecord", $$"""{"StreamARN":"{{Arn}}","StreamName":"other","PartitionKey":"k","Data":"aGk="}"""),
        ["no stream"] = ("PutRecord", """{"PartitionKey":"k","Data":"aGk="}"""),
        ["missing stream"] = ("PutRecord", """{"StreamName":"nowhere","PartitionKey":"k","Data":"aGk="}"""),
        ["bad stream name"] = ("PutRecord", """{"StreamName":"no where","PartitionKey":"k","Data":"aGk="}"""),
        ["empty data"] = ("PutRecord", """{"StreamName":"events","PartitionKey":"k","Data":""}"""),
        ["no data"] = ("PutRecord", """{"StreamName":"events","PartitionKey":"k"}"""),
        ["no key"] = ("PutRecord", """{"StreamName":"events","Data":"aGk="}"""),
        ["null key"] = ("PutRecord", """{"StreamName":"events","PartitionKey":null,"Data":"aGk="}"""),
        ["empty key"] = ("PutRecord", """{"StreamName":"events","PartitionKey":"","Data":"aGk="}"""),
        ["long key"] = ("PutRecord", $$"""{"StreamName":"events","PartitionKey":"{{new string('k', 257)}}","Data":"aGk="}"""),
        ["key of 256"] = ("PutRecord", $$"""{"StreamName":"events","PartitionKey":"{{new string('é', 256)}}","Data":"aGk="}"""),
        ["key of 256 surrogate pairs"] = ("PutRecord", $$"""{"StreamName":"events","PartitionKey":"{{string.Concat(Enumerable.Repeat("😀", 256))}}","Data":"aGk="}"""),
        ["key with escapes"] = ("PutRecord", """{"StreamName":"events","PartitionKey":"a\"\\\u00e9","Data":"a\u0047k="}"""),
        ["half a surrogate pair"] = ("PutRecord", """{"StreamName":"events","PartitionKey":"\ud800","Data":"aGk="}"""),
        ["member that is no Unicode"] = ("PutRecord", """{"\udc00abc":1,"StreamName":"events","PartitionKey":"k","Data":"aGk="}"""),
        ["no base64"] = ("PutRecord", """{"StreamName":"events","PartitionKey":"k","Data":"a"}"""),
        ["data that is a number"] = ("PutRecord", """{"StreamName":"events","PartitionKey":"k","Data":1}"""),
        ["hash key"] = ("PutRecord", """{"StreamName":"events","PartitionKey":"k","Data":"aGk=","ExplicitHashKey":"340282366920938463463374607431768211455"}"""),
        ["hash key too large"] = ("PutRecord", """{"StreamName":"events","PartitionKey":"k","Data":"aGk=","ExplicitHashKey":"340282366920938463463374607431768211456"}"""),
        ["hash key with a zero"] = ("PutRecord", """{"StreamName":"events","PartitionKey":"k","Data":"aGk=","ExplicitHashKey":"01"}"""),
        ["hash key of letters"] = ("PutRecord", """{"StreamName":"events","PartitionKey":"k","Data":"aGk=","ExplicitHashKey":"x"}"""),
        ["number for ordering on a stream without order"] = ("PutRecord", """{"StreamName":"events","PartitionKey":"k","Data":"aGk=","SequenceNumberForOrdering":"0"}"""),
        ["bad number for ordering"] = ("PutRecord", """{"StreamName":"events","PartitionKey":"k","Data":"aGk=","SequenceNumberForOrdering":"x"}"""),
        ["unknown member"] = ("PutRecord", """{"StreamName":"events","PartitionKey":"k","Data":"aGk=","Other":{"a":[1,{"b":null}]}}"""),
        ["1 MiB"] = ("PutRecord", $$"""{"StreamName":"events","PartitionKey":"k","Data":"{{Zeros((1 << 20) - 1)}}"}"""),
        ["1 MiB and a byte"] = ("PutRecord", $$"""{"StreamName":"events","PartitionKey":"k","Data":"{{Zeros(1 << 20)}}"}"""),
        ["10 MiB and a byte"] = ("PutRecord", $$"""{"StreamName":"events","PartitionKey":"k","Data":"{{Zeros((10 << 20) + 1)}}"}"""),
        ["records"] = ("PutRecords", KinesisFrontServer.Puts(["a", "b", "c"])),
        ["500 records"] = ("PutRecords", KinesisFrontServer.Puts(Enumerable.Range(0, 500).Select(i => $"{i}"))),
        ["501 records"] = ("PutRecords", KinesisFrontServer.Puts(Enumerable.Range(0, 501).Select(i => $"{i}"))),
        ["no records"] = ("PutRecords", """{"StreamName":"events","Records":[]}"""),
        ["no member Records"] = ("PutRecords", """{"StreamName":"events"}"""),
        ["Records that are null"] = ("PutRecords", """{"StreamName":"events","Records":null}"""),
        ["one bad key among others"] = ("PutRecords", """{"StreamName":"events","Records":[{"PartitionKey":"k","Data":""},{"PartitionKey":"","Data":""}]}"""),
        ["11 MiB in records"] = ("PutRecords", new JsonObject
        {
            ["StreamName"] = "events",
            ["Records"] = new JsonArray([.. Enumerable.Range(0, 11).Select(i => new JsonObject { ["PartitionKey"] = $"{i}", ["Data"] = Zeros((1 << 20) - 8) })]),
        }.ToJsonString()),
        ["missing stream, records"] = ("PutRecords", KinesisFrontServer.Puts(["a"], "nowhere")),
        ["empty body"] = ("PutRecords", ""),
        ["no object"] = ("PutRecords", "[]"),
        ["half a body"] = ("PutRecords", """{"StreamName":"events","Rec"""),
        ["two bodies"] = ("PutRecord", """{"StreamName":"events","PartitionKey":"k","Data":"aGk="}{}"""),
        ["summary"] = ("DescribeStreamSummary", """{"StreamName":"events"}"""),
        ["summary of nothing"] = ("DescribeStreamSummary", """{"StreamName":"nowhere"}"""),
        ["summary of no name"] = ("DescribeStreamSummary", "{}"),
        ["stream"] = ("DescribeStream", """{"StreamName":"events"}"""),
        ["stream, two shards"] = ("DescribeStream", """{"StreamName":"events","Limit":2}"""),
        ["stream, from a shard"] = ("DescribeStream", """{"StreamName":"events","ExclusiveStartShardId":"shardId-000000000001"}"""),
        ["stream, limit 0"] = ("DescribeStream", """{"StreamName":"events","Limit":0}"""),
        ["stream, limit of letters"] = ("DescribeStream", """{"StreamName":"events","Limit":"x"}"""),
        ["shards"] = ("ListShards", """{"StreamName":"events"}"""),
        ["shards, page"] = ("ListShards", """{"StreamName":"events","MaxResults":1}"""),
        ["shards, filter"] = ("ListShards", """{"StreamName":"events","ShardFilter":{"Type":"AT_LATEST"}}"""),
        ["shards, after one"] = ("ListShards", """{"StreamName":"events","ShardFilter":{"Type":"AFTER_SHARD_ID","ShardId":"shardId-000000000001"}}"""),
        ["shards, bad filter"] = ("ListShards", """{"StreamName":"events","ShardFilter":{"Type":"SOME"}}"""),
        ["shards, 10,001 of them"] = ("ListShards", """{"StreamName":"events","MaxResults":10001}"""),
        ["shards, rubbish for a token"] = ("ListShards", """{"NextToken":"rubbish"}"""),
        ["shards, token and name"] = ("ListShards", """{"StreamName":"events","NextToken":"rubbish"}"""),
        ["streams"] = ("ListStreams", "{}"),
        ["streams, one"] = ("ListStreams", """{"Limit":1}"""),
        ["streams, after one"] = ("ListStreams", """{"ExclusiveStartStreamName":"events"}"""),
        ["GetShardIterator"] = ("GetShardIterator", """{"StreamName":"events","ShardId":"shardId-000000000000","ShardIteratorType":"LATEST"}"""),
        ["unknown operation"] = ("DoSomething", "{}"),
        ["CreateStream"] = ("CreateStream", """{"StreamName":"made","ShardCount":1}"""),
        ["another service"] = ("DynamoDB_20120810.PutItem", "{}"),
    };

    [Fact]
    public async Task Requests_AreAnsweredAsTheLocalEndpointAnswersThem()
    {
        await using var server = await KinesisFrontServer.StartAsync(shards: 3, limit: LimitModel.None);
        await server.Kinesis.Kinesis.CreateStreamAsync("second", 1);
        using var local = new HttpClient { BaseAddress = server.Kinesis.Url };
        var strays = new List<string>();
        foreach (var (name, (operation, body)) in Requests)
        {
            var bytes = Encoding.UTF8.GetBytes(body);
            // First the front: the other answer may depend on what was put.
            var ours = await KinesisFrontServer.CallAsync(server.Client, operation, bytes, KinesisFrontServer.JsonType);
            var theirs = await KinesisFrontServer.CallAsync(local, operation, bytes, KinesisFrontServer.JsonType);
            if (Permitted.TryGetValue(name, out var permitted))
            {
                if (ours.Error != permitted.Error || Shape(ours) == Shape(theirs))
                    strays.Add($"{name}: {Shape(ours)}, which the table does not say ({permitted.Why})");
            }
            else if (Shape(ours) != Shape(theirs))
            {
                strays.Add($"{name}: {Shape(ours)} {ours.Message}, and the local endpoint {Shape(theirs)} {theirs.Message}");
            }
        }

        Assert.True(strays.Count == 0, string.Join(Environment.NewLine, strays));
        Assert.Empty(Permitted.Keys.Except(Requests.Keys));
    }

    /// <summary>What of an answer must be equal: status, error, and all members but those that are each place's own.</summary>
    private static string Shape(FrontReply reply)
    {
        var json = reply.Bytes.Length == 0 ? null : reply.Json;
        return json?["__type"] is { } type ? $"{(int)reply.Status} {reply.Type} {type}" : $"{(int)reply.Status} {reply.Type} {Shape(json)}";
    }

    private static string Shape(JsonNode? node, string name = "") => node switch
    {
        JsonObject members => "{" + string.Join(',', members.OrderBy(m => m.Key, StringComparer.Ordinal).Select(m => $"{m.Key}:{Shape(m.Value, m.Key)}")) + "}",
        JsonArray items => "[" + string.Join(',', items.Select(i => Shape(i))) + "]",
        null => "null",
        _ => OwnValues.Contains(name) && node.ToString().StartsWith("49", StringComparison.Ordinal) || name is "NextToken" or "StreamCreationTimestamp"
            ? node.GetValueKind().ToString() : node.ToJsonString(),
    };

    private static string Zeros(int count) => Convert.ToBase64String(new byte[count]);
}
