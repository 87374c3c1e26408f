using System.Collections.Concurrent;
using System.Text;
using Orleans.Kpl.Aws.Tests.Serving;
using Orleans.Kpl.Aws.Tests.Wire.Cbor;
using Orleans.Kpl.Aws.Wire;
using Orleans.Kpl.Pipeline.Kinesis;

namespace Orleans.Kpl.Aws.Tests.Transport;

/// <summary>What happens where a service does not take CBOR, as services and what stands before them say it.</summary>
public sealed class CborFallbackTests
{
    private static readonly StreamTarget Cbor = Gateways.Stream() with { WireFormat = WireFormat.Cbor };

    private static readonly byte[] Taken = new CborAnswers(new Random(1)).PutRecords([new("shardId-000000000000", "49", null, null)]);

    private readonly ConcurrentQueue<(Uri Endpoint, string Code)> _told = new();

    public static TheoryData<int, string, string> Refusals => new()
    {
        { 400, """{"__type":"SerializationException","Message":"Start of structure or map found where not expected."}""", MediaTypes.Json },
        { 400, """{"__type":"com.amazon.coral.service#SerializationException"}""", MediaTypes.Cbor },
        { 400, """{"__type":"UnknownOperationException"}""", MediaTypes.Json },
        { 404, "<UnknownOperationException/>\n", "text/xml" },
        { 404, "", "text/plain" },
        { 400, "<html>400 Bad Request</html>", "text/html" },
        { 403, "<html>Blocked by policy</html>", "text/html" },
        { 406, "", "text/html" },
        { 415, """{"message":"Unsupported media type"}""", "application/json" },
        { 415, """{"__type":"UnsupportedMediaTypeException"}""", "application/json" },
        { 501, "", "" },
    };

    [Theory]
    [MemberData(nameof(Refusals))]
    public async Task PutRecords_WhenCborIsRefused_IsMadeInJsonAndJsonStays(int status, string body, string type)
    {
        await using var server = JsonOnly(c => c.AnswerAsync(status, body, type.Length > 0 ? type : "text/plain"));
        using var gateway = To(server);

        var first = await gateway.PutOneAsync(Cbor);
        var second = await gateway.PutOneAsync(Cbor);
        var single = await gateway.PutRecordAsync(Cbor, Gateways.OneEntry().Span[0], null, default);

        Assert.All([first, second], reply => Assert.Equal("shardId-000000000000", Assert.Single(reply.Entries).ShardId));
        Assert.Equal("shardId-000000000000", single.ShardId);
        Assert.Equal([MediaTypes.Cbor, MediaTypes.Json, MediaTypes.Json, MediaTypes.Json], TypesOf(server));
        Assert.Equal(server.Address.Authority, Assert.Single(_told).Endpoint.Authority);
    }

    [Fact]
    public async Task PutRecord_WhenCborIsRefused_IsMadeInJson()
    {
        await using var server = JsonOnly(c => c.AnswerAsync(404, "", "text/plain"));
        using var gateway = To(server);

        var reply = await gateway.PutRecordAsync(Cbor, Gateways.OneEntry().Span[0], "4951", default);

        Assert.Equal("49", reply.SequenceNumber);
        Assert.Equal([MediaTypes.Cbor, MediaTypes.Json], TypesOf(server));
        Assert.Contains("\"SequenceNumberForOrdering\":\"4951\"", server.Requests.Last().BodyText, StringComparison.Ordinal);
    }

    /// <summary>Answers after which the request may have been applied, or that say something else: what they mean is the pipeline's to judge.</summary>
    [Theory]
    [InlineData(500, """{"__type":"InternalFailure"}""", false, "InternalFailure")]
    [InlineData(500, "<html>oops</html>", false, "HTTP 500")]
    [InlineData(502, "", false, "HTTP 502")]
    [InlineData(503, "", false, "HTTP 503")]
    [InlineData(504, "", true, "HTTP 504")]
    [InlineData(408, "", false, "HTTP 408")]
    [InlineData(413, "", false, "HTTP 413")]
    [InlineData(400, """{"__type":"ProvisionedThroughputExceededException"}""", false, "ProvisionedThroughputExceededException")]
    [InlineData(400, """{"__type":"ValidationException"}""", false, "ValidationException")]
    [InlineData(403, """{"__type":"AccessDeniedException"}""", false, "AccessDeniedException")]
    [InlineData(200, "<html>Sign in to this network</html>", true, RecordErrorCodes.InvalidAnswer)]
    [InlineData(200, "", true, RecordErrorCodes.InvalidAnswer)]
    public async Task PutRecords_WhenAnotherAnswerComes_IsNotMadeAgain(int status, string body, bool mayBeApplied, string code)
    {
        await using var server = JsonOnly(c => c.AnswerAsync(status, body, "text/html"));
        using var gateway = To(server);

        var error = await Assert.ThrowsAsync<KinesisException>(() => gateway.PutOneAsync(Cbor));

        Assert.Equal((mayBeApplied ? KinesisFailureKind.Ambiguous : KinesisFailureKind.Refused, code), (error.Kind, error.Code));
        Assert.Equal([MediaTypes.Cbor], TypesOf(server));
        Assert.Empty(_told);
    }

    [Fact]
    public async Task PutRecords_WhenJsonIsRefusedToo_SaysSoAndStaysWithCbor()
    {
        await using var server = WireServer.Answering(400, """{"__type":"SerializationException","message":"a record is wrong"}""");
        using var gateway = To(server);

        for (var i = 0; i < 2; i++)
        {
            var error = await Assert.ThrowsAsync<KinesisException>(() => gateway.PutOneAsync(Cbor));
            Assert.Equal(("SerializationException", "a record is wrong"), (error.Code, error.Message));
        }

        Assert.Equal([MediaTypes.Cbor, MediaTypes.Json, MediaTypes.Cbor, MediaTypes.Json], TypesOf(server));
        Assert.Empty(_told);
    }

    /// <summary>As moto answers CBOR, which it does not read.</summary>
    [Fact]
    public async Task PutRecords_WhereCborMayBeWhyItFailed_NamesTheSetting()
    {
        await using var server = JsonOnly(c => c.AnswerAsync(500, "<html>Internal Server Error</html>", "text/html"));
        using var gateway = To(server);

        var error = await Assert.ThrowsAsync<KinesisException>(() => gateway.PutOneAsync(Cbor));

        Assert.Equal((KinesisFailureKind.Refused, "HTTP 500", 500), (error.Kind, error.Code, error.HttpStatus));
        Assert.EndsWith("The records were sent as CBOR: if this endpoint knows JSON alone, set WireFormat=Json.", error.Message, StringComparison.Ordinal);
        Assert.Single(TypesOf(server));
    }

    [Fact]
    public async Task PutRecords_WhenManyCallsAreRefusedAtOnce_TellsItOnce()
    {
        const int calls = 16;
        var all = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var waiting = 0;
        await using var server = JsonOnly(async c =>
        {
            if (Interlocked.Increment(ref waiting) == calls)
                all.SetResult();
            await all.Task;
            await c.AnswerAsync(415, "", "text/html");
        });
        using var gateway = To(server);

        await Task.WhenAll(Enumerable.Range(0, calls).Select(_ => gateway.PutOneAsync(Cbor)));
        await gateway.PutOneAsync(Cbor);

        Assert.Single(_told);
        Assert.Equal((calls, calls + 1), (TypesOf(server).Count(t => t == MediaTypes.Cbor), TypesOf(server).Count(t => t == MediaTypes.Json)));
    }

    [Fact]
    public async Task PutRecords_WhenTheTimeIsOverInTheSecondTry_SaysThatItMayHaveBeenApplied()
    {
        var time = new FakeTimeProvider();
        var inJson = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var server = new WireServer((request, connection) =>
        {
            if (request.Header("Content-Type") == MediaTypes.Cbor)
                return connection.AnswerAsync(415, "", "text/html");
            inJson.SetResult();
            return connection.WaitForEndAsync();
        });
        using var gateway = Gateways.To(server.Address, time: time);

        var put = gateway.PutOneAsync(Cbor);
        await inJson.Task;
        Assert.False(put.IsCompleted);
        time.Advance(Cbor.RequestTimeout);

        var error = await Assert.ThrowsAsync<KinesisException>(() => put);
        Assert.Equal((KinesisFailureKind.Ambiguous, RecordErrorCodes.RequestTimeout), (error.Kind, error.Code));
    }

    [Fact]
    public async Task PutRecords_WhenTheSecondTrysSignatureIsRefused_SignsAnew()
    {
        var time = new FakeTimeProvider();
        var serverTime = time.GetUtcNow().AddMinutes(20);
        var inJson = 0;
        await using var server = new WireServer((request, connection) =>
            request.Header("Content-Type") == MediaTypes.Cbor ? connection.AnswerAsync(404, "", "text/html")
            : Interlocked.Increment(ref inJson) == 1
                ? connection.AnswerAsync(400, """{"__type":"InvalidSignatureException"}""", extraHeaders: $"Date: {serverTime:R}\r\n")
            : connection.AnswerAsync(200, Gateways.Ok));
        using var gateway = Gateways.To(server.Address, time: time);

        Assert.Single((await gateway.PutOneAsync(Cbor)).Entries);
        Assert.Equal(TimeSpan.FromMinutes(20), gateway.Clock.Offset);
    }

    [Theory]
    [InlineData(true, MediaTypes.Cbor)]
    [InlineData(true, MediaTypes.Json)]
    [InlineData(false, MediaTypes.Json)]
    [InlineData(false, MediaTypes.Cbor)]
    public async Task PutRecords_WhenTheAnswersDialectIsNotItsOwnOrMisnamed_IsReadAsItIs(bool inCbor, string type)
    {
        var answer = inCbor ? Taken : Encoding.UTF8.GetBytes(Gateways.Ok);
        await using var server = new WireServer((_, connection) => connection.AnswerAsync(200, answer, type));
        using var gateway = To(server);

        foreach (var stream in new[] { Cbor, Gateways.Stream() })
            Assert.Equal("shardId-000000000000", Assert.Single((await gateway.PutOneAsync(stream)).Entries).ShardId);

        Assert.Equal([MediaTypes.Cbor, MediaTypes.Json], TypesOf(server));
        Assert.Empty(_told);
    }

    [Fact]
    public async Task ListShards_WhenRecordsGoInCbor_StaysJson()
    {
        await using var server = WireServer.Answering(200, """{"Shards":[]}""");
        using var gateway = To(server);

        Assert.Empty(await gateway.ListShardsAsync(Cbor, default));

        Assert.Equal([MediaTypes.Json], TypesOf(server));
    }

    private static IEnumerable<string> TypesOf(WireServer server) => server.Requests.Select(r => r.Header("Content-Type"));

    /// <summary>A server that takes JSON, and answers CBOR with this.</summary>
    private static WireServer JsonOnly(Func<WireConnection, Task> refuse) => new((request, connection) =>
        request.Header("Content-Type") == MediaTypes.Cbor ? refuse(connection)
        : request.Header("X-Amz-Target").EndsWith("PutRecord", StringComparison.Ordinal)
            ? connection.AnswerAsync(200, """{"ShardId":"shardId-000000000000","SequenceNumber":"49"}""")
            : connection.AnswerAsync(200, Gateways.Ok));

    private KinesisClient To(WireServer server)
    {
        var gateway = Gateways.To(server.Address);
        gateway.CborRefused += (endpoint, error) => _told.Enqueue((endpoint, error.Code));
        return gateway;
    }
}
