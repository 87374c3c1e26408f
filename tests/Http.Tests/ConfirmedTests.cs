using System.Globalization;

namespace Orleans.Kpl.Http.Tests;

public sealed class ConfirmedTests : HttpServerTest
{
    private const string Event = """{"partition_key":"k","payload":"hi"}""";

    [Fact]
    public async Task Post_WhenDelivered_SaysWhere()
    {
        var answer = await Server.PostAsync("/events/confirmed", """{"partition_key":"k","payload":"hi","explicit_hash_key":"5"}""");

        Assert.Equal(200, answer.Status);
        Assert.Equal("application/json", answer.Type);
        Assert.Equal("""{"shard_id":"shardId-000000000003","sequence_number":"1","attempts":1}""", answer.Text);
        Assert.Equal(new PutRecord("events", "k", "\"hi\"", 5, AckLevel.Delivered), Assert.Single(Server.Producer.Records));
    }

    [Fact]
    public async Task Post_WhenADefaultStreamIsSet_PutsThere()
    {
        await using var server = await HttpServer.StartAsync(o => o.DefaultStream = "orders");
        await server.PostAsync("/events/confirmed", Event);
        Assert.Equal("orders", Assert.Single(server.Producer.Records).Stream);
    }

    [Theory]
    [InlineData(RecordStatus.Failed)]
    [InlineData(RecordStatus.Unknown)]
    public async Task Post_WhenNotDelivered_Answers502WithEveryAttempt(RecordStatus status)
    {
        var failed = FakeHttpProducer.OneAttempt with { ErrorCode = RecordErrorCodes.Throttled, ErrorMessage = "too \"much\" — sorry" };
        Server.Producer.Judge = r => RecordResult.NotDelivered(status, RecordErrorCodes.Expired, "30 s passed", r, [failed, FakeHttpProducer.OneAttempt]);

        var answer = await Server.PostAsync("/events/confirmed", Event);

        Assert.Equal(502, answer.Status);
        Assert.Equal(["error_code", "error_message", "attempts", "history"], answer.Json.EnumerateObject().Select(p => p.Name));
        Assert.Equal("Expired", answer.Code);
        Assert.Equal("30 s passed", answer.Message);
        Assert.Equal(2, answer.Json.GetProperty("attempts").GetInt32());
        var history = answer.Json.GetProperty("history").EnumerateArray().ToList();
        Assert.Equal(2, history.Count);
        Assert.Equal(["started_at", "ended_at", "error_code", "error_message"], history[0].EnumerateObject().Select(p => p.Name));
        Assert.Equal(failed.StartedAt, DateTimeOffset.Parse(history[0].GetProperty("started_at").GetString()!, CultureInfo.InvariantCulture));
        Assert.Equal("2026-01-02T03:04:05.7Z", history[0].GetProperty("ended_at").GetString());
        Assert.Equal(RecordErrorCodes.Throttled, history[0].GetProperty("error_code").GetString());
        Assert.Equal("too \"much\" — sorry", history[0].GetProperty("error_message").GetString());
        Assert.Null(history[1].GetProperty("error_code").GetString());
    }

    [Fact]
    public async Task Post_WhenTheBacklogHasIt_Answers202()
    {
        Server.Producer.Judge = _ => RecordResult.Acknowledged(RecordStatus.Persisted);

        var answer = await Server.PostAsync("/events/confirmed", Event);

        Assert.Equal((202, """{"status":"persisted","attempts":0}"""), (answer.Status, answer.Text));
    }

    [Theory]
    [InlineData(RecordErrorCodes.ResourceNotFound, 404)]
    [InlineData(RecordErrorCodes.RecordTooLarge, 400)] // the stream's own limit is smaller
    public async Task Post_OfWhatTheStreamCannotTake_HasTheStatusOfItsCode(string code, int status)
    {
        Server.Producer.Judge = r => RecordResult.NotDelivered(RecordStatus.Failed, code, "no stream events", r);

        var answer = await Server.PostAsync("/events/confirmed", Event);

        Assert.Equal((status, code, "no stream events"), (answer.Status, answer.Code, answer.Message));
    }

    [Fact]
    public async Task Post_WhenThereIsNoRoom_Waits()
    {
        var memory = new TaskCompletionSource();
        Server.Producer.Room = memory.Task;

        var answer = Server.PostAsync("/events/confirmed", Event);
        await Server.Producer.ArrivalAsync();
        Assert.False(answer.IsCompleted);
        Assert.Equal(200, (await Server.GetAsync("/health")).Status);

        memory.SetResult();
        Assert.Equal(200, (await answer).Status);
    }
}
