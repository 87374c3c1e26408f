using System.Globalization;
using System.IO.Compression;
using System.Text;
using Orleans.Kpl.Http.Streaming;
using Orleans.Kpl.Logging;

namespace Orleans.Kpl.Http.Tests.Streaming;

/// <remarks>Tests <see cref="StreamedPut"/>, <see cref="StreamedResults"/> and <see cref="StreamedRequest"/>.</remarks>
public sealed class StreamedPutTests : HttpServerTest
{
    private const string Records = "/streams/s/records?stream=true";

    [Theory]
    [InlineData("", 200, "delivered")]
    [InlineData("&ack=accepted", 202, "accepted")]
    public async Task ALine_IsAnsweredBeforeTheNextOneIsSent(string query, int status, string word)
    {
        using var client = await LineSocket.PostAsync(Server.Address, Records + query);
        for (var i = 0; i < 3; i++)
        {
            await client.SendAsync(Line(i));
            Assert.Equal(word, (await client.ReadAsync())?.GetProperty("status").GetString());
        }
        await client.EndAsync();
        Assert.Null(await client.ReadAsync());
        Assert.Equal(status, client.Status);
        Assert.Equal(["0", "1", "2"], Server.Producer.Records.Select(static r => r.Data));
    }

    /// <summary><c>tail -f</c> of a log was cut off after six seconds: its lines came slower than a body may.</summary>
    [Theory]
    [InlineData("", "no line came for 10 minutes")]
    [InlineData("{\"partition_key\"", "line 4 was not whole within 30 s (Kpl:Http:BodyTimeout)")]
    public async Task Lines_MayHaveLongPauses_ButNoLineMayBeSlow(string begun, string told)
    {
        var time = new FakeTimeProvider();
        await using var server = await HttpServer.StartAsync(time);
        using var client = await LineSocket.PostAsync(server.Address, Records);
        for (var i = 0; i < 3; i++)
        {
            time.Advance(StreamedLines.LongestPause - TimeSpan.FromSeconds(1));
            await client.DeliverAsync(Line(i));
        }

        if (begun.Length > 0)
            await client.SendAsync(begun);
        var last = client.ReadAsync();
        await time.PassUntilAsync(() => last.IsCompleted, TimeSpan.FromSeconds(5));

        Assert.Equal(("SlowBody", told), ((await last)?.GetProperty("error_code").GetString(), (await last)?.GetProperty("error_message").GetString()));
        Assert.Equal(["0", "1", "2"], server.Producer.Records.Select(static r => r.Data));
        await Waiting.UntilAsync(() => server.Bodies.Bytes == 0);
    }

    /// <summary>Whoever believed that none was taken would send all of them again.</summary>
    [Fact]
    public async Task InvalidLines_AfterOthersWereTaken_EndTheRequest_WithoutDenyingThose()
    {
        using var client = await LineSocket.PostAsync(Server.Address, Records);
        await client.DeliverAsync(Line(0));
        await client.SendAsync(string.Concat(Enumerable.Repeat("nope\n", 100)));
        var last = (await client.ReadRestAsync())[^1];
        Assert.StartsWith(
            "100 records are invalid, so that no line without a result was taken; the last: ", last.GetProperty("error_message").GetString(), StringComparison.Ordinal);
    }

    /// <summary>Each was a line of the log: whoever knows a line that makes one could fill a disk.</summary>
    [Fact]
    public async Task Defects_OfLaterLines_AreAFewLinesOfTheLogAMinute()
    {
        for (var i = 0; i <= EventBudget.PerMinute; i++)
        {
            Server.Producer.Room = Task.CompletedTask;
            using var client = await LineSocket.PostAsync(Server.Address, Records);
            await client.DeliverAsync(Line(0));
            Server.Producer.Room = Task.FromException(new InvalidDataException("broken"));
            await client.SendAsync(Line(1));
            Assert.Equal("InternalFailure", (await client.ReadRestAsync())[^1].GetProperty("error_code").GetString());
        }

        Assert.Equal(EventBudget.PerMinute, Server.Logs.Errors.Count);
    }

    [Fact]
    public async Task AKeyForOneRecord_IsRefusedByItsName()
    {
        var answer = await Server.PostAsync(Records, Line(0), "application/x-ndjson", ("X-Partition-Key", "a"));
        Assert.Equal(400, answer.Status);
        Assert.Contains("X-Partition-Key is for one record: send none with ?stream=true", answer.Text, StringComparison.Ordinal);
    }

    /// <summary>Longer than any body, and with more records than any request: neither limit is one of a stream.</summary>
    [Fact]
    public async Task ManyLines_AreAnsweredInTheirOrder_InWindows()
    {
        await using var server = await HttpServer.StartAsync(o => (o.MaxBodyBytes, o.MaxRecords, o.MaxBodyMemory) = (40_000, 10, 8 << 20));
        using var client = await LineSocket.PostAsync(server.Address, Records);
        const int count = 20_000;
        var sending = Task.Run(async () =>
        {
            for (var i = 0; i < count; i += 100)
                await client.SendAsync(string.Concat(Enumerable.Range(i, 100).Select(static n => n % 1_000 == 7 ? "broken\n" : Line(n))));
            await client.EndAsync();
        });

        var results = await client.ReadRestAsync();
        await sending;

        Assert.Equal(count, results.Count);
        var next = 1;
        for (var i = 0; i < count; i++)
        {
            var expected = i % 1_000 == 7 ? null : (next++).ToString(CultureInfo.InvariantCulture);
            Assert.Equal(expected, results[i].GetProperty("sequence_number").GetString());
        }
        Assert.Equal(
            Enumerable.Range(0, count).Where(static i => i % 1_000 != 7),
            server.Producer.Records.Select(static r => int.Parse(r.Data, CultureInfo.InvariantCulture)));
        Assert.InRange(server.Producer.Calls, count / StreamedLines.MostRecords, count);
        Assert.Equal(0, server.Bodies.Bytes);
        // What is wrong with a line says which one it is, however many came before.
        Assert.Contains("line 19008,", results[19_007].GetProperty("error_message").GetString(), StringComparison.Ordinal);
    }

    /// <summary>Each of them kept 1 MiB through pauses of minutes: 256 log agents that were once held back kept everybody else out.</summary>
    [Theory]
    [InlineData("")]
    [InlineData("{\"partition_key\"")]
    public async Task AStreamThatWasHeldBack_WaitsForItsNextLine_WithASmallBuffer(string begun)
    {
        await using var server = await HttpServer.StartAsync(new FakeTimeProvider(), static o => o.MaxBodyMemory = 1 << 20);
        var free = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        server.Producer.Room = free.Task;
        using var client = await LineSocket.PostAsync(server.Address, Records);
        var lines = string.Concat(Enumerable.Range(0, 1_000).Select(static i => Line(i).Insert(1, new string(' ', 4_000))));
        var sending = client.SendAsync(lines + begun);
        await server.Producer.ArrivalAsync();
        free.SetResult();
        for (var i = 0; i < 1_000; i++)
            Assert.Equal("delivered", (await client.ReadAsync())?.GetProperty("status").GetString());
        await sending;

        await Waiting.UntilAsync(() => server.Bodies.Bytes <= 16 << 10);

        Assert.Equal(200, (await server.PostAsync("/streams/s/records", Line(1), "application/x-ndjson")).Status);
    }

    /// <summary>Each had 16 KiB for up to ten minutes: as many as a machine may open kept all other bodies out, and had sent none themselves.</summary>
    [Theory]
    [InlineData(Records, "")]
    [InlineData(Records, "Content-Encoding: gzip\r\n")]
    [InlineData("/streams/s/records", "Content-Encoding: gzip\r\n")]
    public async Task ABody_OfWhichNothingHasCome_HasNextToNoMemory(string target, string headers)
    {
        using var client = await LineSocket.PostAsync(Server.Address, target, headers: headers);
        await Waiting.UntilAsync(() => Server.Bodies.Bytes > 0);
        Assert.InRange(Server.Bodies.Bytes, 1, 256);
    }

    [Fact]
    public async Task CompressedLines_AreTakenAsTheyWere()
    {
        using var client = await LineSocket.PostAsync(Server.Address, Records, headers: "Content-Encoding: gzip\r\n");
        foreach (var part in Compressed.With("gzip", string.Concat(Enumerable.Range(0, 3_000).Select(Line))).Chunk(1_000))
            await client.SendAsync(part);
        await client.EndAsync();
        Assert.Equal(3_000, (await client.ReadRestAsync()).Count);
        Assert.Equal(Enumerable.Range(0, 3_000).Select(static i => $"{i}"), Server.Producer.Records.Select(static r => r.Data));
    }

    /// <summary>With gzip the last 43 bytes always waited for the next ones, so that the last line before a pause was not whole in time.</summary>
    [Fact]
    public async Task ACompressedLine_IsAnsweredBeforeTheNextOneIsSent()
    {
        using var client = await LineSocket.PostAsync(Server.Address, Records, headers: "Content-Encoding: gzip\r\n");
        using var sent = new MemoryStream();
        await using var compressor = new GZipStream(sent, CompressionLevel.Optimal);
        for (var i = 0; i < 3; i++)
        {
            await compressor.WriteAsync(Encoding.ASCII.GetBytes(Line(i).Insert(1, new string(' ', 100))), TestContext.Current.CancellationToken);
            await compressor.FlushAsync(TestContext.Current.CancellationToken);
            await client.SendAsync(sent.ToArray());
            sent.SetLength(0);
            Assert.Equal("delivered", (await client.ReadAsync())?.GetProperty("status").GetString());
        }
    }

    /// <summary>Each such request had up to 16 MiB of the decoder's for as long as it lasted, beside the memory for bodies.</summary>
    [Fact]
    public async Task BrotliLines_AreNotTaken_AndTheAnswerSaysWhatIs()
    {
        var answer = await Server.PostAsync(Records, Compressed.With("br", Line(1)), "application/x-ndjson", ("Content-Encoding", "br"));
        Assert.Equal((415, "UnsupportedMediaType", "gzip"), (answer.Status, answer.Code, answer.Headers["Accept-Encoding"]));
        Assert.Equal(0, Server.Producer.Calls);
    }

    [Fact]
    public async Task LinesWithAKeyRule_AreDataAsTheyStand()
    {
        using var client = await LineSocket.PostAsync(Server.Address, Records + "&key=/user");
        await client.SendAsync("{\"user\":\"a\"}\n{\"user\"");
        Assert.NotNull(await client.ReadAsync());
        await client.SendAsync(":\"b\"}");
        await client.EndAsync(); // the last line needs no end
        Assert.Single(await client.ReadRestAsync());
        Assert.Equal([("a", """{"user":"a"}"""), ("b", """{"user":"b"}""")], Server.Producer.Records.Select(static r => (r.Key, r.Data)));
    }

    [Fact]
    public async Task NoLine_AnswersNone()
    {
        var answer = await Server.PostAsync(Records, "\n \n", "application/x-ndjson");
        Assert.Equal((200, ""), (answer.Status, answer.Text));
    }

    /// <summary>Nothing was taken, so the answer is that of any other request.</summary>
    [Fact]
    public async Task FirstLines_WithoutRoom_Answer429()
    {
        Server.Producer.IsFull = true;
        var answer = await Server.PostAsync(Records, Line(1), "application/x-ndjson");
        Assert.Equal((429, "TooManyRequests", "1"), (answer.Status, answer.Code, answer.RetryAfter));
    }

    [Fact]
    public async Task LaterLines_WithoutRoom_FailInTheirPlaces_AndTheRestGoesOn()
    {
        using var client = await LineSocket.PostAsync(Server.Address, Records);
        await client.DeliverAsync(Line(0));

        Server.Producer.IsFull = true;
        await client.SendAsync(Line(1));
        var refused = await client.ReadAsync();
        Assert.Equal(("failed", "TooManyRequests", 0), (refused?.GetProperty("status").GetString(), refused?.GetProperty("error_code").GetString(),
            refused?.GetProperty("attempts").GetInt32()));

        Server.Producer.IsFull = false;
        await client.SendAsync(Line(2));
        await client.EndAsync();
        Assert.Equal("delivered", Assert.Single(await client.ReadRestAsync()).GetProperty("status").GetString());
        Assert.Equal(["0", "2"], Server.Producer.Records.Select(static r => r.Data));
    }

    /// <summary>Whoever believed that nothing was taken would send the lines before it again.</summary>
    [Fact]
    public async Task ALaterLine_WithoutMemoryForIt_EndsTheRequest_WithoutDenyingThoseBefore()
    {
        await using var server = await HttpServer.StartAsync(static o => o.MaxBodyMemory = 128 << 10);
        using var client = await LineSocket.PostAsync(server.Address, Records);
        await client.DeliverAsync(Line(0));

        Assert.NotNull(server.Bodies.TryGrow(null, 0, 64 << 10)); // another request's
        await client.SendAsync(Line(1).Insert(1, new string(' ', 100_000)));
        var last = Assert.Single(await client.ReadRestAsync());
        Assert.Equal("TooManyRequests", last.GetProperty("error_code").GetString());
        Assert.EndsWith("line 2 (Kpl:Http:MaxBodyMemory); lines without a result were not taken", last.GetProperty("error_message").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task AStreamThatDoesNotExist_Answers404ForTheWholeRequest()
    {
        Server.Producer.Judge = static r => RecordResult.NotDelivered(RecordStatus.Failed, RecordErrorCodes.ResourceNotFound, "no such stream", r);
        (await Server.PostAsync(Records, Line(1) + Line(2), "application/x-ndjson")).AssertRefused(404, "ResourceNotFoundException");
        Assert.Equal(404, (await Server.PostAsync("/streams/s/records", Line(1), "application/x-ndjson")).Status);
        Assert.Equal(1, Server.Producer.Calls); // it is known now
    }

    [Theory]
    [InlineData("application/json", "true", 415)]
    [InlineData("text/plain", "true", 415)]
    [InlineData("application/x-ndjson", "yes", 400)]
    public async Task ARequestThatIsNoStream_IsRefused(string type, string stream, int status) =>
        Assert.Equal(status, (await Server.PostAsync($"/streams/s/records?stream={stream}", "[]", type)).Status);

    /// <summary>The buffer has room for more than a small limit.</summary>
    [Theory]
    [InlineData(2_100)]
    [InlineData(5_000)]
    [InlineData(60_000)]
    public async Task ALineBeyondTheLimit_IsRefused_AfterThoseBeforeIt(int bytes)
    {
        await using var server = await HttpServer.StartAsync(static o => o.MaxBodyBytes = 2_048);
        using var client = await LineSocket.PostAsync(server.Address, Records);
        await client.SendAsync(Line(0) + Line(1) + Line(2).Insert(1, new string(' ', bytes)) + Line(3));
        await client.EndAsync();

        var results = await client.ReadRestAsync();
        Assert.Equal(3, results.Count);
        Assert.Equal("line 3 is longer than 2048 bytes (Kpl:Http:MaxBodyBytes)", results[^1].GetProperty("error_message").GetString());
        Assert.Equal(["0", "1"], server.Producer.Records.Select(static r => r.Data));
    }

    [Theory]
    [InlineData("too long", "RequestTooLarge")]
    [InlineData("bad lines", "TooManyErrors")]
    [InlineData("zz\r\n", "BadRequest")]
    [InlineData("fffffffffff\r\n", "BadRequest")]
    public async Task AStreamThatEndsEarly_SaysWhyInALastLine(string what, string code)
    {
        await using var server = await HttpServer.StartAsync(o => o.MaxBodyBytes = 20_000);
        using var client = await LineSocket.PostAsync(server.Address, Records);
        await client.DeliverAsync(Line(0));

        if (what.EndsWith('\n'))
            await client.SendRawAsync(what);
        else
            await client.SendAsync(what == "too long" ? Line(0).Insert(1, new string(' ', 100_000)) : string.Concat(Enumerable.Repeat("bad\n", 200)));

        var last = Assert.Single(await client.ReadRestAsync());
        Assert.Equal(["error_code", "error_message"], last.EnumerateObject().Select(static p => p.Name));
        Assert.Equal(code, last.GetProperty("error_code").GetString());
        Assert.Equal(["0"], server.Producer.Records.Select(static r => r.Data));
        await Waiting.UntilAsync(() => server.Bodies.Bytes == 0);
        Assert.Empty(server.Logs.Errors);
    }

    /// <summary>A stream that never ends must not keep a process from stopping, and what it took is still answered.</summary>
    [Fact]
    public async Task Draining_EndsAStream_AndWhatWasTakenIsAnswered()
    {
        var delivery = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        Server.Producer.Released = delivery.Task;
        using var client = await LineSocket.PostAsync(Server.Address, Records);
        await client.SendAsync(Line(0));
        await Server.Producer.ArrivalAsync();

        Server.Gate.Close();
        Assert.False(Server.Gate.Empty.IsCompleted);
        delivery.SetResult();

        var lines = await client.ReadRestAsync();
        Assert.Equal(("delivered", "Draining"), (lines[0].GetProperty("status").GetString(), lines[1].GetProperty("error_code").GetString()));
        await Server.Gate.Empty;
    }

    [Fact]
    public async Task Draining_BeforeTheFirstLine_Answers503()
    {
        using var client = await LineSocket.PostAsync(Server.Address, Records);
        await Waiting.UntilAsync(() => Server.Gate.InFlight == 1);
        Server.Gate.Close();
        Assert.Equal("Draining", (await client.ReadAsync())?.GetProperty("error_code").GetString());
        Assert.Equal(503, client.Status);
        Assert.Empty(Server.Logs.Errors);
    }

    [Fact]
    public async Task HangUp_LeavesWhatWasAccepted_AndTakesNoMore()
    {
        var delivery = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        Server.Producer.Released = delivery.Task;
        var client = await LineSocket.PostAsync(Server.Address, Records);
        await client.SendAsync(Line(0) + "{\"partition_key\":\"k\",\"pay");
        await Server.Producer.ArrivalAsync();
        client.Reset();
        await Server.ClientGone;

        delivery.SetResult();
        Server.Gate.Close();
        await Server.Gate.Empty;
        Assert.Equal(["0"], Server.Producer.Records.Select(static r => r.Data));
        Assert.True(Server.Producer.LastBatch!.IsDisposed);
        Assert.Equal(0, Server.Bodies.Bytes);
        Assert.Empty(Server.Logs.Errors);
    }

    /// <summary>It holds results in memory, and sends lines as long as it can.</summary>
    [Fact]
    public async Task AClientThatDoesNotReadItsResults_IsCutOff_AndWhatItSentEnds()
    {
        var time = new FakeTimeProvider();
        await using var server = await HttpServer.StartAsync(time, static o => o.BodyTimeout = TimeSpan.FromHours(1));
        using var client = await LineSocket.PostAsync(server.Address, Records, receiveBuffer: 4_096);
        var lines = string.Concat(Enumerable.Range(0, 1_000).Select(Line));
        var sent = 0;
        var sending = Assert.ThrowsAnyAsync<IOException>(async () =>
        {
            for (; sent < 10_000; sent++)
                await client.SendAsync(lines);
        });

        // Time passes only while results wait for the client. While the server waits for the rest of a line, passing time would end the request as too slow.
        await Waiting.UntilAsync(() =>
        {
            if (time.IsDueWithin(StreamedResults.MostUnread))
                time.Advance(StreamedResults.MostUnread);
            return server.ClientGone.IsCompleted;
        });
        await sending;

        server.Gate.Close();
        await server.Gate.Empty;
        Assert.InRange(sent, 1, 9_999);
        Assert.Equal(0, server.Bodies.Bytes);
        Assert.Empty(server.Logs.Errors);
    }

    private static string Line(int number) => $"{{\"partition_key\":\"k\",\"payload\":{number.ToString(CultureInfo.InvariantCulture)}}}\n";
}
