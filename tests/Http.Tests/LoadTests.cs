using System.Text.Json;
using Orleans.Kpl.Http.Reading;

namespace Orleans.Kpl.Http.Tests;

public sealed class LoadTests
{
    [Fact]
    public async Task ParallelClients_EachGetTheirOwnResults()
    {
        await using var server = await HttpServer.StartAsync();
        server.Producer.Judge = r => RecordResult.Delivered("shard", r.PartitionKey, 0, [FakeHttpProducer.OneAttempt]);

        await Task.WhenAll(Enumerable.Range(0, 16).Select(async client =>
        {
            for (var round = 0; round < 20; round++)
            {
                var keys = Enumerable.Range(0, 500).Select(i => $"c{client}-r{round}-{i}").ToList();
                var objects = keys.Select(k => $$$"""{"partition_key":"{{{k}}}","payload":{"key":"{{{k}}}"}}""");
                var asLines = (client + round) % 2 == 0;
                var answer = asLines
                    ? await server.PostAsync("/streams/s/records", string.Join('\n', objects), "application/x-ndjson")
                    : await server.PostAsync("/streams/s/records", $"[{string.Join(',', objects)}]");
                Assert.Equal(200, answer.Status);
                Assert.Equal(keys, (asLines ? answer.Lines : answer.Items).Select(i => i.GetProperty("sequence_number").GetString()!));
            }
        }));

        Assert.Equal(16 * 20 * 500, server.Producer.Records.Count);
        Assert.All(server.Producer.Records, r => Assert.Equal($$"""{"key":"{{r.Key}}"}""", r.Data));
    }

    [Theory]
    [InlineData("application/json")]
    [InlineData("application/x-ndjson")]
    public async Task LargeAnswers_LeaveInParts(string type)
    {
        const int count = 20_000;
        await using var server = await HttpServer.StartAsync(o => o.MaxRecords = count);
        // As many as may be are no records.
        const int every = (count / (RecordBuffer.MostErrors - 1)) + 1;
        var objects = Enumerable.Range(0, count).Select(i => i % every == 0 ? "{}" : $$"""{"partition_key":"{{i}}","payload":{{i}}}""");
        var isLines = type != "application/json";
        var answer = await server.PostAsync("/streams/s/records", isLines ? string.Join('\n', objects) : $"[{string.Join(',', objects)}]", type);

        Assert.True(answer.Text.Length > 4 * Answering.BatchAnswer.PartBytes);
        var results = isLines ? answer.Lines : answer.Items;
        Assert.Equal(Enumerable.Range(0, count).Select(i => i % every == 0 ? "failed" : "delivered"), results.Select(r => r.GetProperty("status").GetString()));
        Assert.Equal(
            Enumerable.Range(1, results.Count(r => r.GetProperty("status").GetString() == "delivered")).Select(n => $"{n}"),
            results.Select(r => r.GetProperty("sequence_number").GetString()).Where(s => s is not null));
        Assert.Equal(JsonValueKind.Object, results[^1].ValueKind);
    }
}
