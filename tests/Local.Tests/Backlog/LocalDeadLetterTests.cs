using System.Text.Json;
using Orleans.Kpl.LocalKinesis.Faults;

namespace Orleans.Kpl.Local.Tests.Backlog;

public sealed class LocalDeadLetterTests
{
    private const string Path = "/admin/streams/events/dead-letters";

    [Fact]
    public async Task Poison_IsSetAsideAndRequeuedOrDropped()
    {
        await using var run = await BacklogTier.StartAsync("--Kpl:AggregationEnabled=false");
        var poison = run.Kinesis.Faults.Add(new RecordErrorFault { Code = "ValidationException" });
        Assert.Equal(Enumerable.Repeat("persisted", 3), await run.PutAsync(3));
        await run.BacklogAsync(static b => b.GetProperty("dead_letters").GetInt64() == 3);

        var letters = (await run.LookAsync("dead-letters")).GetProperty("dead_letters").EnumerateArray().ToList();
        Assert.Equal(["key-0", "key-1", "key-2"], letters.Select(static l => l.GetProperty("partition_key").GetString()).Order());
        Assert.All(letters, static l => Assert.Equal("ValidationException", l.GetProperty("error_code").GetString()));
        Assert.All(letters, static l =>
            Assert.StartsWith($"\"{l.GetProperty("partition_key").GetString()} x",
            System.Text.Encoding.UTF8.GetString(l.GetProperty("data").GetBytesFromBase64()), StringComparison.Ordinal));
        await run.BooksAsync(accepted: 3, delivered: 0, deadLettered: 3);
        var health = await run.Tier.GetAsync("/health");
        Assert.Equal((false, 3, "SetAside"), (
            health.GetProperty("ok").GetBoolean(), health.GetProperty("set_aside_records").GetInt64(),
            health.GetProperty("condition").GetProperty("code").GetString()));

        run.Kinesis.Faults.Remove(poison);
        var numbers = letters.Select(static l => l.GetProperty("number").GetInt64()).ToList();
        var (status, text) = await run.Tier.PostAsync($"{Path}/requeue", $$"""{"numbers":[{{numbers[0]}},{{numbers[1]}}]}""");
        Assert.Equal((200, 2), (status, JsonDocument.Parse(text).RootElement.GetProperty("requeued").GetInt32()));
        await run.EmptyAsync();
        (status, text) = await run.Tier.PostAsync($"{Path}/drop", """{"all":true}""");
        Assert.Equal((200, 1), (status, JsonDocument.Parse(text).RootElement.GetProperty("dropped").GetInt32()));
        Assert.Equal(404, (await run.Tier.PostAsync($"{Path}/drop", $$"""{"numbers":[{{numbers[2]}}]}""")).Status);

        health = await run.Tier.GetAsync("/health");
        Assert.True(health.GetProperty("ok").GetBoolean(), health.GetRawText());
        Assert.Equal(0, health.GetProperty("set_aside_records").GetInt64());
        var dropped = letters[2].GetProperty("partition_key").GetString()!;
        Assert.Equal(new[] { "key-0", "key-1", "key-2" }.Where(k => k != dropped), run.Seen().Select(static c => c.Key).Order());
        await run.BooksAsync(accepted: 3, delivered: 2, failed: 1);
    }
}
