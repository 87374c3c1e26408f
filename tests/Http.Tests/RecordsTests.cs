namespace Orleans.Kpl.Http.Tests;

public sealed class RecordsTests : HttpServerTest
{
    private const string Path = "/streams/orders/records";
    private const string Lines = "application/x-ndjson";

    private static readonly string[] ResultFields =
        ["status", "shard_id", "sequence_number", "sub_sequence_number", "attempts", "error_code", "error_message"];

    [Fact]
    public async Task PostArray_WhenDelivered_AnswersInOrder()
    {
        var answer = await Server.PostAsync(Path, """[{"partition_key":"a","payload":1},{"partition_key":"b","payload":2,"explicit_hash_key":"9"}]""");

        Assert.Equal((200, "application/json"), (answer.Status, answer.Type));
        Assert.Equal(
            """{"status":"delivered","shard_id":"shardId-000000000003","sequence_number":"1","sub_sequence_number":7,"attempts":1,"error_code":null,"error_message":null}""",
            answer.Items[0].GetRawText());
        Assert.Equal("2", answer.Items[1].GetProperty("sequence_number").GetString());
        Assert.Equal(
            [new PutRecord("orders", "a", "1", null, AckLevel.Delivered), new PutRecord("orders", "b", "2", 9, AckLevel.Delivered)], Server.Producer.Records);
        // It is let go behind the answer.
        await Waiting.UntilAsync(() => Server.Producer.LastBatch!.IsDisposed);
    }

    [Fact]
    public async Task PostArray_WhenSomeRecordsAreInvalid_FailsThemInTheirPlaces()
    {
        Server.Producer.Judge = r => r.PartitionKey == "x" ? RecordResult.NotDelivered(RecordStatus.Unknown, "Lost", "owner\tlost", r, [FakeHttpProducer.OneAttempt]) : RecordResult.Delivered("s", "n", 0, [FakeHttpProducer.OneAttempt]);

        var answer = await Server.PostAsync(Path, $$"""
            [{"payload":0}, {"partition_key":"a","payload":1}, 5, [{"partition_key":"no","payload":1}], {"partition_key":"","payload":1},
             {"partition_key":"b","payload":2}, {"partition_key":"c"}, {"partition_key":"x","payload":3}, {"partition_key":"d","payload":4,"explicit_hash_key":"-1"}]
            """);

        Assert.Equal(200, answer.Status);
        Assert.Equal(
            ["InvalidPartitionKey", null, "MalformedJson", "MalformedJson", "InvalidPartitionKey", null, "MissingPayload", "Lost", "InvalidExplicitHashKey"],
            answer.Items.Select(i => i.GetProperty("error_code").GetString()));
        Assert.Equal(
            ["failed", "delivered", "failed", "failed", "failed", "delivered", "failed", "unknown", "failed"],
            answer.Items.Select(i => i.GetProperty("status").GetString()));
        Assert.All(answer.Items, i => Assert.Equal(ResultFields, i.EnumerateObject().Select(p => p.Name)));
        Assert.Equal("owner\tlost", answer.Items[7].GetProperty("error_message").GetString());
        Assert.Equal([0, 1, 0, 0, 0, 1, 0, 1, 0], answer.Items.Select(i => i.GetProperty("attempts").GetInt32()));
        Assert.Equal(["a", "b", "x"], Server.Producer.Records.Select(r => r.Key));
    }

    [Fact]
    public async Task PostLines_AnswersLines()
    {
        var answer = await Server.PostAsync(Path, "{\"partition_key\":\"a\",\"payload\":1}\n\r\n  \n{\"partition_key\":\n{\"partition_key\":\"b\",\"payload\":2} 3\r\n7\n{\"partition_key\":\"c\",\"payload\":{ \"d\":1 }}", Lines);

        Assert.Equal((200, Lines), (answer.Status, answer.Type));
        Assert.EndsWith("}\n", answer.Text, StringComparison.Ordinal);
        Assert.Equal(["delivered", "failed", "failed", "failed", "delivered"], answer.Lines.Select(i => i.GetProperty("status").GetString()));
        Assert.Equal([null, "MalformedJson", "MalformedJson", "MalformedJson", null], answer.Lines.Select(i => i.GetProperty("error_code").GetString()));
        Assert.Contains("line 4, byte 18", answer.Lines[1].GetProperty("error_message").GetString(), StringComparison.Ordinal);
        Assert.Contains("line 5, byte 35", answer.Lines[2].GetProperty("error_message").GetString(), StringComparison.Ordinal);
        Assert.Equal([("a", "1"), ("c", "{ \"d\":1 }")], Server.Producer.Records.Select(r => (r.Key, r.Data)));
    }

    /// <summary>The header decides, whatever the type says; only without it is an array a batch.</summary>
    [Theory]
    [InlineData("text/plain", "[not json\n")]
    [InlineData("application/octet-stream", "[not json\n")]
    [InlineData(null, "[not json\n")]
    [InlineData(null, "")]
    [InlineData("application/json", """{"a":1}""")]
    [InlineData("application/json", """{"partition_key":"other","payload":1}""")]
    [InlineData("application/json", """[{"partition_key":"a","payload":1},{"partition_key":"b","payload":2}]""")]
    [InlineData("application/json; charset=utf-16", "[not json")]
    [InlineData("application/x-ndjson", "{\"partition_key\":\"a\",\"payload\":1}\n{\"partition_key\":\"b\",\"payload\":2}\n")]
    [InlineData("application/vnd.kpl.records+ndjson", """{"partition_key":"a","data":"aGk="}""")]
    public async Task PostRaw_WithAnyTypeAndAKey_PutsTheBodyAsOneRecord(string? type, string body)
    {
        (string, string)[] headers = [("X-Partition-Key", "k"), ("X-Explicit-Hash-Key", "12")];

        var answer = await Server.PostAsync(Path, body, type, headers);
        var accepted = await Server.PostAsync("/events", body, type, headers);
        var confirmed = await Server.PostAsync("/events/confirmed", body, type, headers[..1]);

        Assert.Equal((200, "application/json"), (answer.Status, answer.Type));
        Assert.Equal("delivered", Assert.Single(answer.Items).GetProperty("status").GetString());
        Assert.Equal((202, """{"status":"accepted"}""", 200), (accepted.Status, accepted.Text, confirmed.Status));
        Assert.Equal(
            [
                new PutRecord("orders", "k", body, 12, AckLevel.Delivered), new PutRecord("events", "k", body, 12, AckLevel.Accepted),
                new PutRecord("events", "k", body, null, AckLevel.Delivered),
            ],
            Server.Producer.Records);
    }

    [Fact]
    public async Task PostRaw_WhenTheBodyIsEmpty_PutsAnEmptyRecord()
    {
        var answer = await Server.PostAsync(Path + "?ack=accepted", "", "text/plain", ("X-Partition-Key", "k"));
        Assert.Equal(202, answer.Status);
        Assert.Equal("", Assert.Single(Server.Producer.Records).Data);
    }

    [Fact]
    public async Task PostRaw_WhenAKeyIsInvalid_FailsTheRecord()
    {
        var hash = await Server.PostAsync(Path, "x", "text/plain", ("X-Partition-Key", "k"), ("X-Explicit-Hash-Key", "none"));
        var key = await Server.PostAsync(Path, "x", "text/plain", ("X-Partition-Key", new string('k', 257)));
        Assert.Equal((400, 400), (hash.Status, key.Status));
        Assert.Equal("InvalidExplicitHashKey", Assert.Single(hash.Items).GetProperty("error_code").GetString());
        Assert.Equal("InvalidPartitionKey", Assert.Single(key.Items).GetProperty("error_code").GetString());
    }

    /// <summary>The results of all others were an answer 500.</summary>
    [Fact]
    public async Task PostArray_WhereTheErrorOfOneHasHalfOfASurrogatePair_AnswersForAll()
    {
        Server.Producer.Judge = static r => RecordResult.NotDelivered(RecordStatus.Failed, "Why", "half \ud83d \"🙂\"", r);
        var answer = await Server.PostAsync(Path, """[{"partition_key":"a","payload":1},{"partition_key":"b","payload":1}]""");
        Assert.Equal(200, answer.Status);
        Assert.All(answer.Items, static i => Assert.Equal("half \ufffd \"🙂\"", i.GetProperty("error_message").GetString()));
    }

    /// <summary>Load balancers and <c>curl -f</c> look at the status alone.</summary>
    [Theory]
    [InlineData("MalformedJson", 400)]
    [InlineData("RequestTimeout", 502)]
    public async Task PostRaw_WhenTheRecordFails_HasAFailingStatus(string code, int status)
    {
        Server.Producer.Judge = r => RecordResult.NotDelivered(RecordStatus.Unknown, code, "why", r, [FakeHttpProducer.OneAttempt]);
        var raw = await Server.PostAsync(Path, "x", "text/plain", ("X-Partition-Key", "k"));
        var one = await Server.PostAsync(Path, """{"partition_key":"a","payload":1}""");
        var list = await Server.PostAsync(Path, """[{"partition_key":"a","payload":1}]""");
        Assert.Equal((status, status, 200), (raw.Status, one.Status, list.Status));
        Assert.All(new[] { raw, one, list }, a => Assert.Equal("unknown", Assert.Single(a.Items).GetProperty("status").GetString()));
    }

    [Theory]
    [InlineData("", "k")]
    [InlineData("?key=/partition_key", "a")]
    public async Task PostObject_WithoutAnArray_IsOneRecord(string query, string key)
    {
        const string body = """{"partition_key":"a","payload":1}""";
        var answer = await Server.PostAsync(Path + query, body);
        Assert.Equal((200, "delivered"), (answer.Status, Assert.Single(answer.Items).GetProperty("status").GetString()));
        Assert.Equal(("a", key == "k" ? "1" : body), (Server.Producer.Records.Single().Key, Server.Producer.Records.Single().Data));
    }

    [Theory]
    [InlineData("/streams/orders/records?akc=accepted", "the parameter 'akc' is not known at /streams/orders/records: did you mean 'ack'?")]
    [InlineData("/streams/orders/records?wait=5&ack=accepted", "the parameter 'wait' is not known at /streams/orders/records: there are ack, key, routing, stream")]
    [InlineData("/events?ack=accepted", "the parameter 'ack' is not known at /events, which takes none")]
    public async Task Post_WithAParameterThatNobodyKnows_IsRefusedByName(string path, string message)
    {
        var answer = await Server.PostAsync(path, """{"partition_key":"a","payload":1}""");
        Assert.Equal((400, "BadRequest", message), (answer.Status, answer.Code, answer.Message));
        Assert.Equal(0, Server.Producer.Calls);
    }

    [Theory]
    [InlineData("""{"partitionKey":"a","payload":1}""", "partition_key is missing; the record has 'partitionKey' in its place")]
    [InlineData("""{"partition_key":"a","data":1}""", "payload is missing; the record has 'data' in its place")]
    [InlineData("""{"x":{"key":1},"payload":1}""", "partition_key is missing")]
    public async Task Post_WithoutAMember_SaysWhichWasProbablyMeant(string body, string message)
    {
        var answer = await Server.PostAsync("/events", body);
        Assert.Equal((400, message), (answer.Status, answer.Message));
    }

    /// <summary>The hash key was ignored, the record accepted, and it went to another shard than the one meant.</summary>
    [Theory]
    [InlineData("explicit_hashkey", "explicit_hash_key")]
    [InlineData("explicitHashKey", "explicit_hash_key")]
    [InlineData("explicit_hsah_key", "explicit_hash_key")]
    [InlineData("partitionkey", "partition_key")]
    [InlineData("partition-key", "partition_key")]
    [InlineData("Payload", "payload")]
    [InlineData("paylaod", "payload")]
    public async Task Post_WithAMisspeltMember_IsRefusedByName(string name, string meant)
    {
        var record = $$"""{"partition_key":"a","payload":1,"{{name}}":"7"}""";
        var message = $"the member '{name}' is not known: did you mean '{meant}'?";

        foreach (var (path, body) in ((string, string)[])[("/events", record), ("/events/confirmed", record)])
        {
            var answer = await Server.PostAsync(path, body);
            Assert.Equal((400, "BadRequest", message), (answer.Status, answer.Code, answer.Message));
        }

        Assert.Equal(400, (await Server.PostAsync(Path, record)).Status);
        Assert.Equal(0, Server.Producer.Calls);
        var list = await Server.PostAsync(Path, $$"""[{{record}},{"partition_key":"b","payload":2}]""");
        Assert.Equal(200, list.Status);
        Assert.Contains(message, list.Text, StringComparison.Ordinal);
        Assert.Contains("\"delivered\"", list.Text, StringComparison.Ordinal);
    }

    /// <summary>A record may carry more than the tier reads: only what was probably meant otherwise is refused.</summary>
    [Theory]
    [InlineData("id")]
    [InlineData("key")]
    [InlineData("data")]
    [InlineData("hash_key")]
    [InlineData("partition_id")]
    [InlineData("pay")]
    [InlineData("upload")]
    [InlineData("a_name_that_is_longer_than_any_that_could_be_near")]
    [InlineData("größe")]
    public async Task Post_WithAMemberOfItsOwn_IsTaken(string name) =>
        Assert.Equal(202, (await Server.PostAsync("/events", $$"""{"{{name}}":[1,{"explicit_hashkey":2}],"partition_key":"a","payload":1}""")).Status);

    [Theory]
    [InlineData("Data", "the member 'Data' is not known: did you mean 'data'?")]
    [InlineData("partition__key", "the member 'partition__key' is not known: did you mean 'partition_key'?")]
    public async Task PostBase64Lines_WithAMisspeltMember_FailsInItsPlace(string name, string message)
    {
        var answer = await Server.PostAsync(Path, $$"""{"partition_key":"a","data":"AA==","{{name}}":"x"}""", "application/vnd.kpl.records+ndjson");
        Assert.Contains(message, answer.Text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("X-Partition-Key", "X-ExplicitHashKey", 400, "the header X-ExplicitHashKey is not known: did you mean X-Explicit-Hash-Key?")]
    [InlineData("X-Partition-Key", "x-explicit-hashkey", 400, "the header X-Explicit-HashKey is not known: did you mean X-Explicit-Hash-Key?")]
    public async Task PostRaw_WithAMisspeltHeader_IsRefusedByName(string key, string other, int status, string message)
    {
        var answer = await Server.PostAsync(Path, "x", "text/plain", (key, "a"), (other, "7"));
        Assert.Equal((status, message), (answer.Status, answer.Message));
        Assert.Equal(0, Server.Producer.Calls);
    }

    /// <summary>Its body was read as its type says, and the key of the header was ignored.</summary>
    [Theory]
    [InlineData(Path, "X-PartitionKey", "text/plain")]
    [InlineData(Path, "x-partitionkey", "application/json")]
    [InlineData(Path, "Partition-Key", "application/x-ndjson")]
    [InlineData(Path + "?stream=true", "X-PartitionKey", "application/x-ndjson")]
    [InlineData("/events", "X-PartitionKey", "application/json")]
    [InlineData("/events/confirmed", "PartitionKey", "text/plain")]
    public async Task Post_WithAMisspeltKeyHeader_WasReadAsIfThereWereNone(string path, string header, string type)
    {
        var answer = await Server.PostAsync(path, """{"partition_key":"a","payload":1}""", type, (header, "b"));
        answer.AssertRefused(400, "BadRequest", "did you mean X-Partition-Key?");
        Assert.Equal(0, Server.Producer.Calls);
        Assert.Equal(200, (await Server.PostAsync($"{Path}?key=header:{header}", "[1]", "application/json", (header, "b"))).Status);
    }

    /// <summary>The record went to the shard of its partition key, and nothing said so.</summary>
    [Theory]
    [InlineData(Path, "application/json")]
    [InlineData(Path + "?stream=true", "application/x-ndjson")]
    [InlineData("/events/confirmed", "application/json")]
    public async Task Post_WithTheHashKeyOfOneRecordBesideOthers_IsRefused(string path, string type)
    {
        var answer = await Server.PostAsync(path, """{"partition_key":"a","payload":1}""", type, ("X-Explicit-Hash-Key", "7"));
        Assert.Equal(
            (400, "X-Explicit-Hash-Key goes with X-Partition-Key; in this body it is the member explicit_hash_key"), (answer.Status, answer.Message));
        Assert.Equal(0, Server.Producer.Calls);
    }

    [Theory]
    [InlineData("text/plain", "'text/plain' is not taken here: send application/json, application/x-ndjson, or any body with X-Partition-Key")]
    [InlineData(null, "a body without Content-Type is not taken here: send application/json, application/x-ndjson, or any body with X-Partition-Key")]
    public async Task PostRaw_WhenThereIsNoKey_Answers415(string? type, string message)
    {
        var answer = await Server.PostAsync(Path, "x", type);
        Assert.Equal((415, "UnsupportedMediaType", message), (answer.Status, answer.Code, answer.Message));
    }

    /// <summary>Nothing was asked of the producer, so nobody looked at the name, and the answer was 200.</summary>
    [Theory]
    [InlineData("[]", "application/json", "")]
    [InlineData("", "application/x-ndjson", "")]
    [InlineData("", "application/x-ndjson", "?stream=true")]
    public async Task Post_OfNothingToAStreamThatIsNoName_WasTaken(string body, string type, string query) =>
        (await Server.PostAsync("/streams/no%20name/records" + query, body, type)).AssertRefused(400, "InvalidStream");

    [Theory]
    [InlineData("accepted", 202, "accepted")]
    [InlineData("ACCEPTED", 202, "accepted")]
    [InlineData("delivered", 200, "delivered")]
    [InlineData("persisted", 200, "persisted")]
    [InlineData("Persisted", 200, "persisted")]
    public async Task Post_AnswersAtTheLevelAskedFor(string ack, int status, string result)
    {
        var answer = await Server.PostAsync($"{Path}?ack={ack}", """[{"partition_key":"a","payload":1}]""");
        Assert.Equal(status, answer.Status);
        Assert.Equal(result, Assert.Single(answer.Items).GetProperty("status").GetString());
        Assert.Equal(ResultFields, answer.Items[0].EnumerateObject().Select(p => p.Name));
    }

    [Theory]
    [InlineData("never", "InvalidAck")]
    [InlineData("", "InvalidAck")]
    public async Task Post_WhenTheLevelIsNotThere_Answers400(string ack, string code)
    {
        (await Server.PostAsync($"{Path}?ack={ack}", """[{"partition_key":"a","payload":1}]""")).AssertRefused(400, code);
        Assert.Empty(Server.Producer.Records);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Post_WhenThereIsNoBacklog_Answers400(bool atOnce)
    {
        // A producer in the process says so at once; a tier that is behind another one says so of each record.
        Server.Producer.HasBacklog = !atOnce;
        Server.Producer.Judge = r => RecordResult.NotDelivered(RecordStatus.Failed, RecordErrorCodes.NotSupported, "no backlog", r);

        (await Server.PostAsync($"{Path}?ack=persisted", """[{"partition_key":"a","payload":1}]""")).AssertRefused(400, "NotSupported", "backlog");
    }

    /// <summary>The stream spills, went away half-way, or has no room.</summary>
    [Theory]
    [InlineData("", "persisted", null, 200, "delivered")]
    [InlineData("", "failed", RecordErrorCodes.ResourceNotFound, 200, "delivered")]
    [InlineData("?ack=accepted", "failed", RecordErrorCodes.Dropped, 202, "accepted")]
    public async Task Post_WhenOneOfTwoEndsOtherwise_SaysWhich(string query, string one, string? code, int status, string other)
    {
        Server.Producer.Judge = r => r.PartitionKey == "b" ? RecordResult.Delivered("s", "1", 0, [])
            : code is null ? RecordResult.Acknowledged(RecordStatus.Persisted) : RecordResult.NotDelivered(RecordStatus.Failed, code, "why", r);

        var answer = await Server.PostAsync(Path + query, """[{"partition_key":"a","payload":1},{"partition_key":"b","payload":1}]""");

        Assert.Equal(status, answer.Status);
        Assert.Equal([(one, code), (other, null)], answer.Items.Select(i => (i.GetProperty("status").GetString(), i.GetProperty("error_code").GetString())));
        Assert.All(answer.Items, i => Assert.Equal(ResultFields, i.EnumerateObject().Select(p => p.Name)));
    }

    [Theory]
    [InlineData("arn:aws:kinesis:us-east-1:000000000000:stream%2Forders")]
    [InlineData("arn%3Aaws%3Akinesis%3Aus-east-1%3A000000000000%3Astream%2forders")]
    public async Task Post_WhenTheStreamIsAnArn_TakesIt(string stream)
    {
        var answer = await Server.PostAsync($"/streams/{stream}/records", """[{"partition_key":"a","payload":1}]""");
        Assert.Equal(200, answer.Status);
        Assert.Equal("arn:aws:kinesis:us-east-1:000000000000:stream/orders", Assert.Single(Server.Producer.Records).Stream);
    }

    [Theory]
    [InlineData("ResourceNotFoundException", 404)]
    [InlineData("InvalidStream", 400)]
    public async Task Post_WhenTheStreamIsNone_AnswersForTheWholeRequest(string code, int status)
    {
        Server.Producer.Judge = r => RecordResult.NotDelivered(RecordStatus.Failed, code, "no such stream", r);
        var answer = await Server.PostAsync(Path, """[{"partition_key":"a","payload":1},{"partition_key":"","payload":1},{"partition_key":"a","payload":1}]""");
        Assert.Equal((status, code, "no such stream"), (answer.Status, answer.Code, answer.Message));
        Assert.True(Server.Producer.LastBatch!.IsDisposed);
    }

    [Theory]
    [InlineData("", "line 1, byte 1")]
    [InlineData("5", "must be records")]
    [InlineData("""{"partition_key":"a","payload":1""", "line 1, byte 33: a number must be followed by a comma or the end of its object or array")]
    [InlineData("""[{"partition_key":"a","payload":1,}]""", "line 1, byte 35: nothing follows this comma")]
    [InlineData("""[{"partition_key":"a","payload":1},{"partition_key":"b","payload":}]""", "line 1, byte 67")]
    [InlineData("""[{"partition_key":"a","payload":1}""", "line 1, byte 35")]
    [InlineData("""[{"partition_key":"a","payload":1}] []""", "line 1, byte 37")]
    public async Task PostArray_WhenItIsNotOne_Answers400AndPutsNothing(string body, string message)
    {
        (await Server.PostAsync(Path, body)).AssertRefused(400, "MalformedJson", message);
        Assert.Equal(0, Server.Producer.Calls);
    }

    [Theory]
    [InlineData("[]", "application/json", "[]")]
    [InlineData("\n", Lines, "")]
    public async Task Post_WhenThereIsNoRecord_AnswersNone(string body, string type, string expected)
    {
        var answer = await Server.PostAsync(Path, body, type);
        Assert.Equal((200, expected), (answer.Status, answer.Text));
    }
}
