using System.IO.Pipelines;
using System.Net;
using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Options;
using Orleans.Kpl.Http;
using Orleans.Kpl.Http.Reading;

namespace Orleans.Kpl.Kinesis.Tests.Serving;

/// <summary>PutRecord and PutRecords as a client sees them.</summary>
/// <remarks>Tests <see cref="Kinesis.Putting.PutOperations"/>.</remarks>
public sealed class PutTests
{
    [Fact]
    public async Task PutRecord_WhenDelivered_TellsWhereTheRecordIs()
    {
        await using var server = await KinesisFrontServer.StartAsync();

        var reply = await server.CallAsync("PutRecord", """{"StreamName":"events","PartitionKey":"k","Data":"aGk=","Unknown":{"x":[1]}}""");

        Assert.Equal((HttpStatusCode.OK, KinesisFrontServer.JsonType), (reply.Status, reply.Type));
        var record = Assert.Single(server.Applied);
        Assert.Equal((record.ShardId, record.SequenceNumber), ((string?)reply.Json["ShardId"], (string?)reply.Json["SequenceNumber"]));
        Assert.Equal(("k", "hi"), (record.PartitionKey, Encoding.UTF8.GetString(record.Data)));
        Assert.NotNull(reply.RequestId);
    }

    /// <summary>Many HTTP clients add the character set by themselves.</summary>
    [Theory]
    [InlineData("application/x-amz-json-1.1; charset=utf-8", "application/x-amz-json-1.1")]
    [InlineData("application/json;charset=UTF-8", "application/json")]
    public async Task PutRecord_WhoseContentTypeHasParameters_IsTaken(string type, string answered)
    {
        await using var server = await KinesisFrontServer.StartAsync();

        var reply = await KinesisFrontServer.CallAsync(
            server.Client, "PutRecord", """{"StreamName":"events","PartitionKey":"k","Data":"aGk="}"""u8.ToArray(), type);

        Assert.Equal((HttpStatusCode.OK, answered), (reply.Status, reply.Type));
        Assert.Equal("k", Assert.Single(server.Applied).PartitionKey);
    }

    [Fact]
    public async Task PutRecords_Of500_GivesEachItsOwnSequenceNumberInPlace()
    {
        await using var server = await KinesisFrontServer.StartAsync();
        string[] keys = [.. Enumerable.Range(0, 500).Select(i => $"key-{i}")];

        var reply = await server.CallAsync("PutRecords", KinesisFrontServer.Puts(keys));

        Assert.Equal((HttpStatusCode.OK, 0), (reply.Status, (int)reply.Json["FailedRecordCount"]!));
        var places = server.Applied.ToDictionary(a => a.SequenceNumber, a => (a.PartitionKey, a.ShardId));
        Assert.Equal(keys, reply.Records.Select(r => places[(string)r["SequenceNumber"]!].PartitionKey));
        Assert.All(reply.Records, r => Assert.Equal(places[(string)r["SequenceNumber"]!].ShardId, (string?)r["ShardId"]));
        Assert.Equal(500, places.Count);
    }

    /// <summary>A key of 15 MiB cost some 200 MB beside all limits of memory: the answer had all of it.</summary>
    [Theory]
    [InlineData("", "x", 512)]
    [InlineData("", "\\ud83d\\ude00", 512)]
    [InlineData("x", "\\ud83d\\ude00", 511)] // not the first half of a pair
    public async Task PutRecord_WithAVeryLongValue_TellsItsBeginning(string first, string unit, int told)
    {
        await using var server = await KinesisFrontServer.StartAsync();
        var key = first + string.Concat(Enumerable.Repeat(unit, 1 << 20));

        var reply = await server.CallAsync("PutRecord", $$"""{"StreamName":"events","PartitionKey":"{{key}}","Data":""}""");

        Assert.Equal((HttpStatusCode.BadRequest, "ValidationException"), (reply.Status, reply.Error));
        Assert.InRange(reply.Bytes.Length, 1, 4_096);
        Assert.Equal(told, reply.Message.IndexOf('…', StringComparison.Ordinal) - reply.Message.IndexOf('\'', StringComparison.Ordinal) - 1);
        Assert.InRange((await server.CallAsync("PutRecords", KinesisFrontServer.Puts(["k"], stream: new string('é', 1 << 20)))).Bytes.Length, 1, 4_096);
    }

    [Fact]
    public async Task PutRecords_WithFrontAggregate_SharesSequenceNumbers()
    {
        await using var server = await KinesisFrontServer.StartAsync(o => o.ForStream(KinesisFrontServer.Stream, s => s.FrontAggregate = true), shards: 1);

        var reply = await server.CallAsync("PutRecords", KinesisFrontServer.Puts(Enumerable.Range(0, 100).Select(i => $"key-{i}")));

        Assert.Equal(0, (int)reply.Json["FailedRecordCount"]!);
        Assert.Single(reply.Records.Select(r => (string?)r["SequenceNumber"]).Distinct());
        Assert.Single(server.Applied);
    }

    /// <summary>Descriptions and sizes by ARN were asked with the process' own credentials, and the stream's own limit did not count.</summary>
    [Fact]
    public async Task RequestsByArn_HaveTheSettingsOfTheStreamsName()
    {
        var asked = 0;
        await using var server = await KinesisFrontServer.StartAsync(o => o.ForStream(KinesisFrontServer.Stream, s =>
        {
            s.MaxUserRecordSize = 2_000;
            s.Credentials = _ =>
            {
                Interlocked.Increment(ref asked);
                return new(new KinesisCredentials("local", "local"));
            };
        }));
        const string Arn = "arn:aws:kinesis:us-east-1:000000000000:stream/events";

        Assert.Equal(HttpStatusCode.OK, (await server.CallAsync("DescribeStreamSummary", $$"""{"StreamARN":"{{Arn}}"}""")).Status);
        Assert.NotEqual(0, asked);

        var large = Convert.ToBase64String(new byte[3_000]);
        var reply = await server.CallAsync("PutRecords",
            $$"""{"StreamARN":"{{Arn}}","Records":[{"PartitionKey":"k","Data":"aGk="},{"PartitionKey":"k","Data":"{{large}}"}]}""");
        Assert.Equal((HttpStatusCode.BadRequest, "InvalidArgumentException"), (reply.Status, reply.Error));
        Assert.Empty(server.Applied);

        // A stream of another account with that name has none of its settings. Kinesis does not know it.
        var another = Arn.Replace("000000000000", "999999999999", StringComparison.Ordinal);
        var others = await server.CallAsync("PutRecord", $$"""{"StreamARN":"{{another}}","PartitionKey":"k","Data":"{{large}}"}""");
        Assert.Equal("ResourceNotFoundException", others.Error);
    }

    /// <summary>
    /// Until a put by it, a stream of another account was described with the settings of the name in its ARN, so without its role: the client was denied.
    /// </summary>
    [Fact]
    public async Task QuestionsByTheArnOfAnotherAccount_HaveTheSettingsOfThatArn()
    {
        const string Arn = "arn:aws:kinesis:us-east-1:999999999999:stream/events";
        var asked = 0;
        await using var server = await KinesisFrontServer.StartAsync(o => o.ForStream(Arn, s => s.Credentials = _ =>
        {
            Interlocked.Increment(ref asked);
            return new(new KinesisCredentials("another", "another"));
        }));

        Assert.Equal("ResourceNotFoundException", (await server.CallAsync("ListShards", $$"""{"StreamARN":"{{Arn}}"}""")).Error);
        Assert.NotEqual(0, asked);
    }

    /// <summary>The records of such a stream were counted once for its name, and once more for its ARN.</summary>
    [Fact]
    public async Task PutsByNameAndByArn_CountOnceInTheLedger()
    {
        await using var server = await KinesisFrontServer.StartAsync();
        foreach (var stream in (string[])["\"StreamName\":\"events\"", "\"StreamARN\":\"arn:aws:kinesis:us-east-1:000000000000:stream/events\""])
            Assert.Equal(HttpStatusCode.OK, (await server.CallAsync("PutRecord", $$"""{{{stream}},"PartitionKey":"k","Data":""}""")).Status);

        Assert.Equal((2, 2), (server.Ledger.Read().Accepted, server.Ledger.Read().Delivered));
    }

    [Fact]
    public async Task PutRecords_BeyondTheShardsRate_FailsOnlyWhatDidNotFitAndDeliversNoneOfIt()
    {
        await using var server = await KinesisFrontServer.StartAsync(front: f => f.AnswerWithin = TimeSpan.FromMilliseconds(400), shards: 1);
        var calls = await Task.WhenAll(Enumerable.Range(0, 6).Select(
            n => server.CallAsync("PutRecords", KinesisFrontServer.Puts(Enumerable.Range(0, 500).Select(i => $"{n}-{i}")))));

        var failed = 0;
        var told = new List<string>();
        foreach (var (n, call) in calls.Index())
        {
            if (call.Status != HttpStatusCode.OK)
            {
                Assert.Equal((HttpStatusCode.BadRequest, RecordErrorCodes.Throttled), (call.Status, call.Error));
                failed += 500;
                continue;
            }

            failed += (int)call.Json["FailedRecordCount"]!;
            told.AddRange(call.Records.Index().Where(r => r.Item["ErrorCode"] is null).Select(r => $"{n}-{r.Index}"));
            Assert.All(call.Records.Where(r => r["ErrorCode"] is not null), r => Assert.Equal(RecordErrorCodes.Throttled, (string?)r["ErrorCode"]));
        }

        Assert.InRange(failed, 1, 2_999);
        Assert.Equal(told.Order(), server.Applied.Select(a => a.PartitionKey).Order());
    }

    /// <summary>An ordered shard takes a record in a round trip: 100 in half of five seconds. What it does not take is refused at once.</summary>
    [Fact]
    public async Task PutRecords_IntoAnOrderedShardBeyondItsRoundTrips_DeliversAllThatWasTakenAndRefusesTheRestAtOnce()
    {
        await using var server = await KinesisFrontServer.StartAsync(o => o.Ordered = OrderedMode.PutRecords, shards: 1);
        server.Kinesis.Kinesis.Faults.Add(new LocalKinesis.Faults.LatencyFault { Delay = TimeSpan.FromMilliseconds(25), Operation = "PutRecords" });
        for (var i = 0; i < 5; i++)
            await server.CallAsync("PutRecord", """{"StreamName":"events","PartitionKey":"warm","Data":""}""");
        var ended = new System.Collections.Concurrent.ConcurrentQueue<(FrontReply Reply, int Client)>();
        await Task.WhenAll(Enumerable.Range(0, 12).Select(async client =>
        {
            var reply = await server.CallAsync("PutRecords", KinesisFrontServer.Puts(Enumerable.Range(0, 500).Select(i => $"{client}-{i}")));
            ended.Enqueue((reply, client));
        }));

        var ledger = server.Producer.GetLedger(KinesisFrontServer.Stream);
        Assert.Equal((ledger.Delivered, 0), (ledger.Accepted, ledger.Failed));
        Assert.InRange(ledger.Accepted, 6, 12 * 500);
        // Calls of which nothing was taken are answered while those of which something was still wait for it.
        var first = ended.ToList().FindIndex(static e => e.Reply.Status == HttpStatusCode.OK);
        Assert.InRange(first, 1, 11);
        Assert.All(ended.Take(first), static e => Assert.Equal((HttpStatusCode.BadRequest, RecordErrorCodes.Throttled), (e.Reply.Status, e.Reply.Error)));
        var told = ended.Where(static e => e.Reply.Status == HttpStatusCode.OK)
            .SelectMany(static e => e.Reply.Records.Index().Where(static r => r.Item["ErrorCode"] is null).Select(r => $"{e.Client}-{r.Index}"));
        Assert.Equal(told.Order(), server.Applied.Select(static a => a.PartitionKey).Where(static k => k != "warm").Order());
    }

    [Fact]
    public async Task PutRecord_WhileKinesisIsAway_IsAnInternalFailure()
    {
        // A record that was not tried in time, as on a busy machine, would be one without room.
        await using var server = await KinesisFrontServer.StartAsync(front: f => f.AnswerWithin = TimeSpan.FromSeconds(2));
        await server.CallAsync("PutRecord", """{"StreamName":"events","PartitionKey":"k","Data":"aGk="}""");
        await server.StopKinesisAsync();

        var reply = await server.CallAsync("PutRecord", """{"StreamName":"events","PartitionKey":"k","Data":"aGk="}""");

        Assert.Equal((HttpStatusCode.InternalServerError, "InternalFailure"), (reply.Status, reply.Error));
    }

    [Fact]
    public async Task PutRecords_WithoutRoom_IsRefusedWholeAndNothingOfItIsTaken()
    {
        var time = new FakeTimeProvider();
        await using var server = await KinesisFrontServer.StartAsync(
            o => (o.MaxOutstandingBytes, o.RequestTimeout) = (1 << 20, TimeSpan.FromSeconds(20)),
            f => f.AnswerWithin = TimeSpan.FromSeconds(2), shards: 1, timeOfKinesis: time);
        await server.CallAsync("PutRecord", """{"StreamName":"events","PartitionKey":"warm","Data":""}""");
        server.Kinesis.Kinesis.Faults.Add(new LocalKinesis.Faults.LatencyFault { Delay = TimeSpan.FromSeconds(5), Operation = "PutRecords" });
        var large = Convert.ToBase64String(new byte[900_000]);
        var first = server.CallAsync("PutRecord", $$"""{"StreamName":"events","PartitionKey":"first","Data":"{{large}}"}""");
        await Waiting.UntilAsync(() => server.Producer.OutstandingRecords == 1);

        var second = await server.CallAsync("PutRecord", $$"""{"StreamName":"events","PartitionKey":"second","Data":"{{large}}"}""");

        Assert.Equal((HttpStatusCode.BadRequest, RecordErrorCodes.Throttled), (second.Status, second.Error));
        time.Advance(TimeSpan.FromSeconds(5));
        Assert.Equal(HttpStatusCode.OK, (await first).Status);
        Assert.Equal(["warm", "first"], server.Applied.Select(a => a.PartitionKey));
    }

    [Fact]
    public async Task Put_WhileDraining_Is503AndTheConnectionCloses()
    {
        await using var server = await KinesisFrontServer.StartAsync();
        server.Gate.Close();

        var reply = await server.CallAsync("PutRecord", """{"StreamName":"events","PartitionKey":"k","Data":"aGk="}""");

        Assert.Equal((HttpStatusCode.ServiceUnavailable, "ServiceUnavailableException", true), (reply.Status, reply.Error, reply.Closes));
    }

    /// <summary>It was a SerializationException, which SDKs do not send again.</summary>
    [Fact]
    public async Task Put_WhoseBodyDoesNotComeInTime_IsARequestTimeout()
    {
        var time = new FakeTimeProvider();
        await using var server = await KinesisFrontServer.StartAsync(time: time);
        using var socket = await PlainSocket.AnnounceAsync(
            server.Address, "/", 100, "X-Amz-Target: Kinesis_20131202.PutRecord\r\n", KinesisFrontServer.JsonType);
        await socket.SendAsync("{");
        await Waiting.UntilAsync(() => server.Bodies.Bytes > 0);

        time.Advance(new KplHttpOptions().BodyTimeout);

        var answer = await socket.AnswerAsync();
        Assert.StartsWith("HTTP/1.1 408", answer, StringComparison.Ordinal);
        Assert.Contains("#RequestTimeoutException\"", answer, StringComparison.Ordinal);
    }

    /// <summary>Whoever sent such bodies filled the log with warnings of the server: HTTP/2 has no header that closes a connection.</summary>
    [Theory]
    [InlineData("HTTP/1.1", "close")]
    [InlineData("HTTP/2", "")]
    public async Task BodyThatDoesNotComeInTime_ClosesItsConnection_WhereHttpHasAHeaderForThat(string protocol, string header)
    {
        var (time, options, body) = (new FakeTimeProvider(), new KplHttpOptions(), new Pipe());
        var context = new DefaultHttpContext { Request = { Protocol = protocol, Body = body.Reader.AsStream() } };
        var reading = new BodyReader(new BodyMemory(1 << 20, time), Options.Create(options), time).ReadAsync(context.Request).AsTask();
        time.Advance(options.BodyTimeout);
        Assert.Equal(408, (await Assert.ThrowsAsync<RequestRefusedException>(() => reading)).StatusCode);
        Assert.Equal(header, context.Response.Headers.Connection.ToString());
    }

    [Fact]
    public async Task Put_WithAckPersisted_IsAnsweredFromTheBacklogWithoutASequenceNumber()
    {
        using var folder = new TemporaryFolder();
        await using (var server = await KinesisFrontServer.StartAsync(o => o.Backlog.Directory = folder.Path, f => f.Ack = AckLevel.Persisted))
        {
            var reply = await server.CallAsync("PutRecords", KinesisFrontServer.Puts(["a", "b"]));
            Assert.Equal(["0", "0"], reply.Records.Select(r => (string?)r["SequenceNumber"]));
            // They are records of their own all the same, delivered later.
            await Waiting.UntilAsync(() => server.Applied.Count == 2);
        }
    }

    [Fact]
    public async Task PutRecord_WithASequenceNumberForOrdering_IsTakenOnOrderedStreamsOnly()
    {
        await using var server = await KinesisFrontServer.StartAsync(
            o => o.ForStream(KinesisFrontServer.Stream, s => s.Ordered = OrderedMode.PutRecord), shards: 1);
        await server.Kinesis.Kinesis.CreateStreamAsync("plain", 1);
        var first = await server.CallAsync("PutRecord", """{"StreamName":"events","PartitionKey":"k","Data":"MQ=="}""");
        var number = (string)first.Json["SequenceNumber"]!;

        Task<FrontReply> AfterFirstAsync(string stream) => server.CallAsync(
            "PutRecord", $$"""{"StreamName":"{{stream}}","PartitionKey":"k","Data":"Mg==","SequenceNumberForOrdering":"{{number}}"}""");
        var second = await AfterFirstAsync(KinesisFrontServer.Stream);
        var plain = await AfterFirstAsync("plain");

        Assert.Equal(HttpStatusCode.OK, second.Status);
        Assert.True(string.CompareOrdinal(number, (string)second.Json["SequenceNumber"]!) < 0);
        Assert.Equal((HttpStatusCode.BadRequest, "InvalidArgumentException"), (plain.Status, plain.Error));
        Assert.Equal(["1", "2"], server.Applied.Select(a => Encoding.UTF8.GetString(a.Data)));
    }

    [Theory]
    [InlineData("SplitShard")]
    [InlineData("NoSuchOperation")]
    public async Task AnyOtherOperation_IsDeniedAndNamesKinesis(string operation)
    {
        await using var server = await KinesisFrontServer.StartAsync();

        var reply = await server.CallAsync(operation, "{}");

        Assert.Equal((HttpStatusCode.BadRequest, "AccessDeniedException"), (reply.Status, reply.Error));
        Assert.Contains(server.Kinesis.Url.AbsoluteUri, reply.Message, StringComparison.Ordinal);
    }
}
