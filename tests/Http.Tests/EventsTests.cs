namespace Orleans.Kpl.Http.Tests;

public sealed class EventsTests : HttpServerTest
{
    private const string Event = """{"partition_key":"k","payload":{"n":1}}""";

    [Theory]
    [InlineData("application/json")]
    [InlineData("Application/JSON; charset=\"UTF-8\"")]
    public async Task Post_WhenAccepted_Answers202AtOnce(string type)
    {
        Server.Producer.Released = new TaskCompletionSource().Task;

        var answer = await Server.PostAsync("/events", Event, type);

        Assert.Equal((202, """{"status":"accepted"}"""), (answer.Status, answer.Text));
        Assert.Equal("application/json", answer.Type);
        Assert.Equal(new PutRecord("events", "k", """{"n":1}""", null, AckLevel.Accepted), Assert.Single(Server.Producer.Records));
    }

    [Fact]
    public async Task Post_WhenDropped_DoesNotSayAccepted()
    {
        Server.Producer.Judge = r => RecordResult.NotDelivered(RecordStatus.Failed, RecordErrorCodes.Dropped, "no room", r);
        (await Server.PostAsync("/events", Event)).AssertRefused(502, RecordErrorCodes.Dropped);
    }

    [Theory]
    [InlineData("""{"partition_key":"k"}""", "MissingPayload", "payload is missing")]
    [InlineData("""{"payload":1}""", "InvalidPartitionKey", "partition_key is missing")]
    [InlineData("""{"partition_key":null,"payload":1}""", "InvalidPartitionKey", "must be a string")]
    [InlineData("""{"partition_key":7,"payload":1}""", "InvalidPartitionKey", "must be a string")]
    [InlineData("""{"partition_key":["a"],"payload":1}""", "InvalidPartitionKey", "must be a string")]
    [InlineData("""{"partition_key":"\ud83d","payload":1}""", "InvalidPartitionKey", "surrogate")]
    [InlineData("""{"partition_key":"","payload":1}""", "InvalidPartitionKey", "0 characters")]
    [InlineData("""{"partition_key":"k","payload":1,"explicit_hash_key":"-1"}""", "InvalidExplicitHashKey", "between 0 and")]
    [InlineData("""{"partition_key":"k","payload":1,"explicit_hash_key":"340282366920938463463374607431768211456"}""", "InvalidExplicitHashKey", "2^128 - 1")]
    [InlineData("""{"partition_key":"k","payload":1,"explicit_hash_key":1e5}""", "InvalidExplicitHashKey", "decimal whole number")]
    [InlineData("""{"partition_key":"k","payload":1,"explicit_hash_key":"\ud83d"}""", "InvalidExplicitHashKey", "UTF-8")]
    [InlineData("""{"partition_key":"k","payload":1,"explicit_hash_key":{}}""", "InvalidExplicitHashKey", "must be a string")]
    [InlineData("""{"\udc00abc":1,"partition_key":"a","payload":1}""", "MalformedJson", "surrogate")]
    [InlineData("""{"partition_key":"a","payload":1,"explicit_hash_\ud800":"1"}""", "MalformedJson", "surrogate")]
    [InlineData("[]", "MalformedJson", "must be an object")]
    [InlineData("null", "MalformedJson", "must be an object")]
    [InlineData("", "MalformedJson", "line 1, byte 1")]
    [InlineData("{\"partition_key\":\"k\",\n \"payload\":tru}", "MalformedJson", "line 2, byte 15")]
    [InlineData("""{"partition_key":"k","payload":1""", "MalformedJson", "line 1, byte 33")]
    [InlineData("""{"partition_key":"k","payload":1} x""", "MalformedJson", "line 1, byte 35")]
    [InlineData("""{"partition_key":"k","payload":1,}""", "MalformedJson", "line 1, byte 34")]
    public async Task Post_WhenInvalid_Answers400(string body, string code, string message)
    {
        foreach (var path in new[] { "/events", "/events/confirmed" })
        {
            var answer = await Server.PostAsync(path, body);
            answer.AssertRefused(400, code, message);
            Assert.Equal(2, answer.Json.EnumerateObject().Count());
        }
        Assert.Empty(Server.Producer.Records);
    }

    [Theory]
    [InlineData("\"340282366920938463463374607431768211455\"")]
    [InlineData("340282366920938463463374607431768211455")]
    [InlineData("\" +0340282366920938463463374607431768211455 \"")]
    [InlineData("\"\\u003340282366920938463463374607431768211455\"")]
    public async Task Post_WhenTheHashKeyIsTheLargest_TakesIt(string hashKey)
    {
        var answer = await Server.PostAsync("/events", $$"""{"explicit_hash_key":{{hashKey}},"payload":1,"partition_key":"k"}""");
        Assert.Equal(202, answer.Status);
        Assert.Equal(UInt128.MaxValue, Assert.Single(Server.Producer.Records).HashKey);
    }

    [Fact]
    public async Task Post_WhenFieldsAreUnknownOrNull_PassesThemOver()
    {
        var answer = await Server.PostAsync("/events", """{"x":{"payload":[1,{"partition_key":"no"}]},"partition_key":"k","payload":1,"explicit_hash_key":null}""");
        Assert.Equal(202, answer.Status);
        Assert.Equal(new PutRecord("events", "k", "1", null, AckLevel.Accepted), Assert.Single(Server.Producer.Records));
    }

    [Theory]
    [InlineData("text/plain")]
    [InlineData("application/x-ndjson")]
    [InlineData("application/json; charset=utf-16")]
    [InlineData(null)] // a page of another site can send such a body without asking
    public async Task Post_WhenTheTypeIsAnother_Answers415(string? type)
    {
        (await Server.PostAsync("/events", Event, type)).AssertRefused(415, "UnsupportedMediaType");
        Assert.Equal(0, Server.Producer.Calls);
    }

    [Fact]
    public async Task PostRaw_WhenAHeaderIsWrong_Answers400()
    {
        foreach (var path in new[] { "/events", "/events/confirmed" })
        {
            var hash = await Server.PostAsync(path, "x", "text/plain", ("X-Partition-Key", "k"), ("X-Explicit-Hash-Key", "none"));
            var key = await Server.PostAsync(path, "x", "text/plain", ("X-Partition-Key", new string('k', 257)));
            Assert.Equal((400, "InvalidExplicitHashKey"), (hash.Status, hash.Code));
            Assert.Equal((400, "InvalidPartitionKey"), (key.Status, key.Code));
        }

        Assert.Empty(Server.Producer.Records);
    }
}
