namespace Orleans.Kpl.Http.Tests.Administering;

public sealed class BacklogRoutesTests : HttpServerTest
{
    private const string Path = "/admin/streams/orders";

    [Fact]
    public async Task GetLedger_HasEveryTermAndWhoseCountsItIs() =>
        Assert.Equal(
            """
            {"stream":"orders","accepted":21,"delivered":1,"failed":2,"unknown":3,"in_flight":4,"in_backlog":5,"dead_lettered":6,
            "covered":[{"process":"S10.1.2.3:11111:77","started_at":"2026-01-02T03:04:05+00:00","ledger":{"accepted":20,"delivered":1,"failed":2,"unknown":3,"in_flight":4,"in_backlog":5,"dead_lettered":5}},
            {"process":"S10.1.2.4:11111:78","started_at":null,"ledger":{"accepted":1,"delivered":0,"failed":0,"unknown":0,"in_flight":0,"in_backlog":0,"dead_lettered":1}}],
            "not_covered":[{"process":"S10.1.2.3:11111:76","state":"gone"},{"process":"S10.1.2.5:11111:75","state":"leaving"}]}
            """.ReplaceLineEndings(""),
            (await Server.GetAsync($"{Path}/ledger")).Text);

    [Fact]
    public async Task GetBacklog_TellsWhatWaits() =>
        Assert.Equal(
            """{"stream":"orders","records":5,"segments":2,"bytes":1000,"oldest_age_seconds":2.5,"is_spilling":true,"store_error":null,"dead_letters":3,"damaged_segments":0,"write_units":1.5,"cost":0.25}""",
            (await Server.GetAsync($"{Path}/backlog")).Text);

    [Theory]
    [InlineData("", new long[] { 3, 5, 9 }, false)]
    [InlineData("?after=3", new long[] { 5, 9 }, false)]
    [InlineData("?after=3&max=1", new long[] { 5 }, true)]
    [InlineData("?after=9", new long[] { }, false)]
    public async Task GetDeadLetters_PagesThroughThem(string query, long[] numbers, bool hasMore)
    {
        var page = (await Server.GetAsync($"{Path}/dead-letters{query}")).Json;

        Assert.Equal("orders", page.GetProperty("stream").GetString());
        Assert.Equal(numbers, page.GetProperty("dead_letters").EnumerateArray().Select(e => e.GetProperty("number").GetInt64()));
        Assert.Equal(hasMore, page.GetProperty("has_more").GetBoolean());
    }

    /// <summary>A thousand of 300 KB were more than a gigabyte in one answer.</summary>
    [Theory]
    [InlineData(3, new[] { 100 })]
    [InlineData(1 << 20, new[] { 15, 15, 15, 15, 15, 15, 10 })] // a key is a byte or more: not 16
    [InlineData(17 << 20, new[] { 1, 1, 1 })]
    public async Task GetDeadLetters_OfLargeOnes_HasSixteenMebibytesAtATime(int bytes, int[] pages)
    {
        Server.Backlog.DataBytes = bytes;
        Server.Backlog.Numbers.Clear();
        Server.Backlog.Numbers.UnionWith(Enumerable.Range(1, pages.Sum()).Select(static n => (long)n));

        var (after, hasMore) = (0L, true);
        foreach (var count in pages)
        {
            Assert.True(hasMore);
            var page = (await Server.GetAsync($"{Path}/dead-letters?after={after}&max=1000")).Json;
            var numbers = page.GetProperty("dead_letters").EnumerateArray().Select(static e => e.GetProperty("number").GetInt64()).ToList();
            Assert.Equal(Enumerable.Range((int)after + 1, count).Select(static n => (long)n), numbers);
            (after, hasMore) = (numbers[^1], page.GetProperty("has_more").GetBoolean());
        }

        Assert.False(hasMore);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(4)]
    public async Task GetDeadLetters_TellsOfDamagedSegmentsWhereThereAreAny(long damaged)
    {
        Server.Backlog.Damaged = damaged;

        var page = (await Server.GetAsync($"{Path}/dead-letters")).Json;

        Assert.Equal(damaged > 0, page.TryGetProperty("damaged_segments", out var shown));
        Assert.Equal(damaged, damaged > 0 ? shown.GetInt64() : 0);
    }

    [Fact]
    public async Task GetDeadLetters_HasTheWholeRecordAndWhy()
    {
        var letter = (await Server.GetAsync($"{Path}/dead-letters?after=4&max=1")).Json.GetProperty("dead_letters")[0];

        Assert.Equal(
            ["number", "partition_key", "explicit_hash_key", "data", "error_code", "error_message", "persisted_at", "set_aside_at"], letter.EnumerateObject()
                .Select(p => p.Name));
        Assert.Equal(("key-5", UInt128.MaxValue.ToString(null, null)), (letter.GetProperty("partition_key").GetString(), letter.GetProperty("explicit_hash_key").GetString()));
        Assert.Equal([0, 255, 5], letter.GetProperty("data").GetBytesFromBase64());
        Assert.Equal(("ValidationException", "no \"good\""), (letter.GetProperty("error_code").GetString(), letter.GetProperty("error_message").GetString()));
        Assert.Equal((FakeBacklog.At, FakeBacklog.At.AddSeconds(5)), (letter.GetProperty("persisted_at").GetDateTimeOffset(), letter.GetProperty("set_aside_at").GetDateTimeOffset()));
    }

    [Theory]
    [InlineData("requeue", "requeued", """{"all":true}""")]
    [InlineData("drop", "dropped", """{"all":true}""")]
    [InlineData("requeue", "requeued", """{"all":true,"numbers":[]}""")] // none was put in again
    public async Task PostDeadLetters_TakesNumbersOrAll(string act, string counted, string body)
    {
        var some = await Server.PostAsync($"{Path}/dead-letters/{act}", """{"numbers":[5,6]}""");
        Assert.Equal((200, $$"""{"stream":"orders","{{counted}}":1}"""), (some.Status, some.Text));
        Assert.Equal([3, 9], Server.Backlog.Numbers);

        (await Server.PostAsync($"{Path}/dead-letters/{act}", """{"numbers":[5]}""")).AssertRefused(404, "UnknownDeadLetter");

        var all = await Server.PostAsync($"{Path}/dead-letters/{act}", body);
        Assert.Equal((200, $$"""{"stream":"orders","{{counted}}":2}"""), (all.Status, all.Text));
        Assert.Equal(0, (await Server.PostAsync($"{Path}/dead-letters/{act}", """{"all":true}""")).Json.GetProperty(counted).GetInt32());
    }

    [Theory]
    [InlineData("{}")]
    [InlineData("""{"numbers":[]}""")]
    [InlineData("""{"numbers":null}""")]
    [InlineData("""{"all":false}""")]
    [InlineData("""{"all":true,"numbers":[3]}""")]
    [InlineData("""{"number":3}""")]
    [InlineData("""{"numbers":["3"]}""")]
    [InlineData("no json")]
    public async Task PostDeadLetters_WhenItDoesNotSayWhich_Answers400AndChangesNothing(string body)
    {
        Assert.Equal(400, (await Server.PostAsync($"{Path}/dead-letters/drop", body)).Status);
        Assert.Equal([3, 5, 9], Server.Backlog.Numbers);
    }

    /// <summary>It named Kpl:Http:MaxBodyBytes, which changes nothing here.</summary>
    [Fact]
    public async Task PostDeadLetters_OfMoreNumbersThanABodyMayHave_IsToldHowMuchThatIs()
    {
        var answer = await Server.PostAsync($"{Path}/dead-letters/drop", $$"""{"numbers":[{{string.Join(',', Enumerable.Range(10_000, 12_000))}}]}""");
        Assert.Equal((413, "RequestTooLarge", "a body of administration has at most 65536 bytes"), (answer.Status, answer.Code, answer.Message));
    }

    [Theory]
    [InlineData("orders/dead-letters?after=x", 400, "BadRequest")]
    [InlineData("orders/dead-letters?after=-1", 400, "BadRequest")]
    [InlineData("orders/dead-letters?max=0", 400, "BadRequest")]
    [InlineData("orders/dead-letters?max=1001", 400, "BadRequest")]
    [InlineData("two%20words/ledger", 400, "InvalidStream")]
    [InlineData("missing/ledger", 404, "ResourceNotFoundException")]
    [InlineData("missing/backlog", 404, "ResourceNotFoundException")]
    [InlineData("missing/dead-letters", 404, "ResourceNotFoundException")]
    public async Task Get_WhenItCannotBe_SaysWhy(string path, int status, string code) =>
        (await Server.GetAsync($"/admin/streams/{path}")).AssertRefused(status, code);

    [Fact]
    public async Task Post_WhenTheStoreDoesNotAnswer_Answers503()
    {
        Server.Backlog.Numbers.Add(42);
        (await Server.PostAsync($"{Path}/dead-letters/drop", """{"all":true}""")).AssertRefused(503, "StateUnavailable");
    }
}
