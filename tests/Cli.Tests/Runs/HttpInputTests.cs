using System.Net;
using System.Net.Http.Headers;
using System.Text;
using Orleans.Kpl.Cli.Runs.Inputs;

namespace Orleans.Kpl.Cli.Tests.Runs;

/// <remarks>Tests <see cref="HttpInput"/>, <see cref="HttpRequests"/>, <see cref="HttpDelivery"/> and <see cref="JsonBody"/>.</remarks>
public sealed class HttpInputTests
{
    [Fact]
    public async Task Post_IsAnsweredWhenItsRecordsAreDelivered_OrSaysWhatIsWrong()
    {
        await using var tier = await FakeTier.StartAsync(static (request, context) => request.Body.Contains("bm9nb29k", StringComparison.Ordinal) || request.Body.Contains("nogood", StringComparison.Ordinal)
            ? FakeTier.RespondAsync(context, 200, """{"status":"failed","attempts":1,"error_code":"Expired","error_message":"too late"}""" + "\n")
            : Task.FromResult(false));
        await using var run = await HttpRun.StartAsync(tier, "path: /in, max_body_size: 1000, auth: { type: bearer, token: mine }", "[set: { at: here }]");
        run.Client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", "mine");

        Assert.Equal((200, """{"accepted":1,"processed":1}"""), await run.PostAsync("""{"a":1}"""));
        Assert.Equal((200, """{"accepted":2,"processed":2}"""), await run.PostAsync(""" [ {"a":1}, { "a" : 2 } ] """));
        Assert.Equal((200, """{"accepted":2,"processed":2}"""), await run.PostAsync("{\"a\":1}\r\n\n{\"a\":3}", "application/x-ndjson"));
        Assert.Equal((200, """{"accepted":0,"processed":0}"""), await run.PostAsync("[]"));
        Assert.Equal((200, """{"accepted":1,"processed":1}"""), await run.PostAsync("\uFEFF{\"a\":5}"));
        Assert.Equal((502, """{"accepted":1,"processed":0,"errors":["record 0: Expired: too late"]}"""), await run.PostAsync("""{"a":"nogood"}"""));
        var mixed = await run.PostAsync("{\"a\":4}\nno json", "application/x-ndjson");
        Assert.Equal(400, mixed.Status);
        Assert.StartsWith("""{"accepted":2,"processed":1,"errors":["record 1: InvalidRecord: set: the record is not JSON""", mixed.Body, StringComparison.Ordinal);
        Assert.DoesNotContain("\\u00", (await run.PostAsync("{\"a\":'x'}")).Body, StringComparison.Ordinal);
        foreach (var wrong in new[] { "1", "[1]", "[{}", "{} {}", "", "\"x\"" })
            Assert.Equal(400, (await run.PostAsync(wrong)).Status);
        // It was "not JSON at line , byte ".
        Assert.Equal((400, """{"error":"element 1 of the array is no object"}"""), await run.PostAsync("""[{"user":{}},5]"""));
        Assert.Equal((400, """{"error":"the body is neither a JSON object nor an array of objects"}"""), await run.PostAsync("\"x\""));
        Assert.Equal(413, (await run.PostAsync($$"""{"a":"{{new string('x', 1000)}}"}""")).Status);
        Assert.Equal(404, (await run.PostAsync("{}", path: "/in/other")).Status);
        Assert.Equal(HttpStatusCode.MethodNotAllowed, (await run.Client.GetAsync(run.Url)).StatusCode);
        Assert.Equal("""{"status":"healthy"}""", await run.Client.GetStringAsync(new Uri(run.Url, "/health")));
        Assert.Equal(404, (await run.PostAsync("{}", path: "/in/../health")).Status);
        run.Client.DefaultRequestHeaders.Authorization = null;
        Assert.Equal(401, (await run.PostAsync("{}")).Status);

        Assert.Equal(1, await run.Command.StopAsync()); // Some failed; an interrupt alone is its usual end.
        Assert.Equal(7, tier.Lines.Count(static line => line.Contains("\"at\":\"here\"", StringComparison.Ordinal) && !line.Contains("nogood", StringComparison.Ordinal)));
    }

    /// <summary>What was posted to /health was answered with 200 and gone; a path with other letters than ASCII's was never found.</summary>
    [Theory]
    [InlineData("/health")]
    [InlineData("/größe/{a}")]
    public async Task Post_ToAnyPathThatAFileMayName_IsTaken(string path)
    {
        await using var tier = await FakeTier.StartAsync();
        await using var run = await HttpRun.StartAsync(tier, $"path: '{path}'");

        Assert.Equal((200, """{"accepted":1,"processed":1}"""), await run.PostAsync("{}"));
        Assert.Equal(HttpStatusCode.OK, (await run.Client.GetAsync(new Uri(run.Url, "/health"))).StatusCode);
    }

    /// <summary>Its listener bound the port once more to let go of it, and the run ended with a stack trace where another had taken it.</summary>
    [Fact]
    public async Task End_WhereAnotherTakesThePortAtOnce_IsLikeAnyOther()
    {
        using var folder = new TemporaryFolder();
        using var held = new HeldPort();
        folder.Write("run.yaml", $"input: {{ http_server: {{ port: {held.Number} }} }}\noutput: {{ tier: {{ stream_name: s, url: 'http://127.0.0.1:9' }} }}");
        await using var output = new PortTaker(held.Number);
        var run = await CliRun.RunAsync(
            Stream.Null, ["run", "-f", "run.yaml", "--json"], directory: folder.Path, output: output, stop: new CancellationToken(canceled: true));
        Assert.Equal((0, true), (run.ExitCode, output.HasIt));
    }

    /// <summary>Its bytes are passed on as they are: what is no text would be in the stream, and every reader of JSON would stumble over it.</summary>
    [Fact]
    public async Task Post_OfWhatIsNotUtf8_IsRefused_AndNothingIsDelivered()
    {
        await using var tier = await FakeTier.StartAsync();
        await using var run = await HttpRun.StartAsync(tier, "path: /in");

        using var content = new ByteArrayContent([(byte)'{', (byte)'"', (byte)'a', (byte)'"', (byte)':', (byte)'"', 0xff, (byte)'"', (byte)'}']);
        content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        using var response = await run.Client.PostAsync(run.Url, content);

        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        Assert.Equal("""{"error":"the body is not UTF-8"}""", await response.Content.ReadAsStringAsync());
        Assert.Empty(tier.Lines);
    }

    /// <summary>The mark stayed in the first record of lines, and its consumers found no JSON; a scheme in small letters was answered with 401.</summary>
    [Fact]
    public async Task Post_OfLinesWithAByteOrderMark_AndASchemeInAnyCase_IsTakenAsItIsMeant()
    {
        await using var tier = await FakeTier.StartAsync();
        await using var run = await HttpRun.StartAsync(tier, "path: /in, auth: { type: bearer, token: mine }");
        foreach (var (authorization, status) in new[] { ("bearer mine", 200), ("Bearer MINE", 401), ("BASIC mine", 401), ("bearermine", 401) })
        {
            run.Client.DefaultRequestHeaders.Remove("Authorization");
            run.Client.DefaultRequestHeaders.TryAddWithoutValidation("Authorization", authorization);
            Assert.Equal(status, (await run.PostAsync("\uFEFF{\"a\":1}\n", "application/x-ndjson")).Status);
        }

        var line = Assert.Single(tier.Lines);
        Assert.DoesNotContain("77u/", line, StringComparison.Ordinal);
        Assert.DoesNotContain("\uFEFF", line, StringComparison.Ordinal);
    }

    /// <summary>.NET's listener takes a connection that ends for the end of the body: half a line was delivered as a record.</summary>
    [Theory]
    [InlineData("{\"a\":1}\n{\"a\":", 400, 0)]
    [InlineData("{\"a\":1}\n{\"a\":2}", 200, 2)]
    [InlineData("{\"a\":1}\nlog line\n", 200, 2)]
    [InlineData("{\"a\":1}\n12", 400, 0)]
    public async Task Post_OfChunkedLines_WhoseConnectionEnds_TakesNoPartOfALine(string lines, int status, int taken)
    {
        await using var tier = await FakeTier.StartAsync();
        await using var run = await HttpRun.StartAsync(tier, "path: /in");
        using var client = new System.Net.Sockets.TcpClient();
        await client.ConnectAsync(IPAddress.Loopback, run.Url.Port);
        var head = $"POST /in HTTP/1.1\r\nHost: {run.Url.Authority}\r\nContent-Type: application/x-ndjson\r\nTransfer-Encoding: chunked\r\n\r\n";
        using var answer = new StreamReader(client.GetStream());
        await answer.BaseStream.WriteAsync(Encoding.ASCII.GetBytes($"{head}{lines.Length:x}\r\n{lines}\r\n"));
        client.Client.Shutdown(System.Net.Sockets.SocketShutdown.Send);

        Assert.StartsWith($"HTTP/1.1 {status} ", await answer.ReadLineAsync(), StringComparison.Ordinal);
        Assert.Equal(taken, tier.Lines.Length);
    }

    /// <summary>.NET's listener sends a body with the answer to HEAD too, and the next answer of the connection began with it.</summary>
    [Fact]
    public async Task Head_IsTheLastRequestOfItsConnection()
    {
        await using var tier = await FakeTier.StartAsync();
        await using var run = await HttpRun.StartAsync(tier, "path: /in");
        using var head = new HttpRequestMessage(HttpMethod.Head, new Uri(run.Url, "/health"));
        using var answer = await run.Client.SendAsync(head);
        Assert.Equal((HttpStatusCode.OK, true), (answer.StatusCode, answer.Headers.ConnectionClose == true));
    }

    /// <summary>The run ended with "the stream does not exist" when a stream that a record had named too early was there.</summary>
    [Fact]
    public async Task Post_ToAStreamThatIsThereLater_IsDelivered_AndTheRunGoesOn()
    {
        await using var endpoint = await Endpoint.StartAsync();
        await using var run = await HttpRun.StartAsync("path: /in", $$"""
            output: { aws_kinesis: { stream_name: {{Endpoint.Stream}}, stream_field: to, endpoint_url: "{{endpoint.Url}}", batch: { duration: 10ms } } }
            """);

        Assert.Equal(404, (await run.PostAsync("""{"to":"later"}""")).Status);
        await endpoint.Kinesis.CreateStreamAsync("later", 1);
        await Testing.Waiting.UntilAsync(async () => (await run.PostAsync("""{"to":"later"}""")).Status == 200);
        Assert.Equal(200, (await run.PostAsync("""{"to":"later"}""")).Status);
        Assert.Equal(200, (await run.PostAsync("{}")).Status);
        Assert.Equal(2, endpoint.Kinesis.GetApplied("later").Count());
    }

    /// <summary>It was 400, as if the record were wrong, and its sender dropped what was only too early.</summary>
    [Theory]
    [InlineData(404, "ResourceNotFoundException")]
    [InlineData(404, "ResourceNotFoundException", "RecordTooLarge")]
    [InlineData(502, "ResourceNotFoundException", "Expired")]
    [InlineData(400, "RecordTooLarge")]
    public async Task Post_ToAStreamThatDoesNotExist_IsAnsweredAsATierDoes(int status, params string[] codes)
    {
        // Each stream is called after what becomes of its records.
        await using var tier = await FakeTier.StartAsync(static (request, context) => FakeTier.RespondAsync(
            context, 200, $$"""{"status":"failed","attempts":1,"error_code":"{{request.Path.Split('/')[2]}}","error_message":"why"}""" + "\n"));
        await using var run = await HttpRun.StartAsync(tier, "path: /in", fields: ", stream_field: to");

        var answer = await run.PostAsync($"[{string.Join(',', codes.Select(static c => $$"""{"to":"{{c}}"}"""))}]");

        Assert.Equal(status, answer.Status);
        Assert.StartsWith($$"""{"accepted":{{codes.Length}},"processed":0,"errors":["record """, answer.Body, StringComparison.Ordinal);
    }

    /// <summary>One post with the name of another's stream ended the run, and no sender had a connection any more.</summary>
    [Fact]
    public async Task Post_ToAStreamThatIsNotForUs_FailsAlone_AndTheRunGoesOn()
    {
        await using var tier = await FakeTier.StartAsync(static (request, context) => request.Path.StartsWith("/streams/other/", StringComparison.Ordinal)
            ? FakeTier.RespondAsync(context, 403, """{"error_code":"Forbidden","error_message":"not yours"}""")
            : Task.FromResult(false));
        await using var run = await HttpRun.StartAsync(tier, "path: /in", fields: ", stream_field: to");

        for (var i = 0; i < 2; i++)
        {
            Assert.Equal(
                (502, """{"accepted":1,"processed":0,"errors":["record 0: Forbidden: not yours"]}"""), await run.PostAsync("""{"to":"other"}"""));
            Assert.Equal(200, (await run.PostAsync("{}")).Status);
        }
    }

    [Fact]
    public async Task Post_WhileTheRunEnds_IsAnsweredWhenItsRecordsAreDelivered()
    {
        var answer = new TaskCompletionSource();
        await using var tier = await FakeTier.StartAsync(answer.Task);
        await using var run = await HttpRun.StartAsync(tier, "path: /in");
        var posting = run.PostAsync("{}");
        await tier.FirstRequest.WaitAsync(Waiting.Long);

        await run.Command.InterruptAsync();
        // What comes now is sent away, to another place or until later.
        Assert.Equal(503, (await run.PostAsync("{}")).Status);
        Assert.False(posting.IsCompleted);
        answer.SetResult();

        Assert.Equal((200, """{"accepted":1,"processed":1}"""), await posting);
        Assert.Equal(0, await run.Command.WaitAsync());
    }

    /// <summary>Its sender has been told, or will be, that all of it was taken. More of it waits than may be under way.</summary>
    [Fact]
    public async Task Interrupt_WhileABodyIsTaken_DeliversTheWholeBody()
    {
        var answer = new TaskCompletionSource();
        await using var tier = await FakeTier.StartAsync(answer.Task);
        // No timer sends what waits for company: only the end does.
        var time = new Testing.FakeTimeProvider();
        await using var run = await HttpRun.StartAsync(tier, "path: /in, acknowledgment: false, max_body_size: 10000000", time: time);
        var line = $$"""{"text":"{{new string('x', 100_000)}}"}""";
        var posting = run.PostAsync(string.Join('\n', Enumerable.Repeat(line, 40)), "application/x-ndjson");
        await tier.FirstRequest.WaitAsync(Waiting.Long);

        await run.Command.InterruptAsync();
        answer.SetResult();

        Assert.Equal((200, """{"accepted":40}"""), await posting);
        Assert.Equal(0, await run.Command.WaitAsync());
        Assert.Equal(40, tier.Lines.Length);
    }

    [Fact]
    public async Task Post_WithoutAcknowledgment_IsAnsweredWhenItIsTaken()
    {
        var answer = new TaskCompletionSource();
        await using var tier = await FakeTier.StartAsync(answer.Task);
        await using var run = await HttpRun.StartAsync(tier, "acknowledgment: false");
        Assert.Equal("/ingest", run.Url.AbsolutePath);
        Assert.Equal((200, """{"accepted":1}"""), await run.PostAsync("{}"));
        answer.SetResult();
        Assert.Equal(0, await run.Command.StopAsync());
    }

    /// <summary>A page of another site, in a browser of this machine, injected records: it need not ask first.</summary>
    [Theory]
    [InlineData("Origin", "https://evil.example", 403)]
    [InlineData("Origin", "http://localhost:3000", 403)]
    [InlineData("Origin", "null", 403)]
    [InlineData("Sec-Fetch-Site", "cross-site", 403)]
    [InlineData("Sec-Fetch-Site", "same-origin", 200)]
    [InlineData("Host", "evil.example", 404)] // the listener serves its own address alone
    public async Task Post_OfAForeignPage_IsRefused(string header, string value, int status)
    {
        await using var tier = await FakeTier.StartAsync();
        await using var run = await HttpRun.StartAsync(tier, "path: /in");
        run.Client.DefaultRequestHeaders.TryAddWithoutValidation(header, header == "Host" ? $"{value}:{run.Url.Port}" : value);
        Assert.Equal(status, (await run.PostAsync("{}", "text/plain")).Status);
        await run.Command.StopAsync();
        Assert.Equal(status == 200 ? 1 : 0, tier.Lines.Length);
    }

    /// <summary>Sixteen sockets that sent a byte a minute each stopped the input for good: every byte began the wait anew.</summary>
    [Fact]
    public async Task Bodies_ThatTrickle_EndAfterThirtySeconds_AndMakeRoomForOthers()
    {
        var time = new Testing.FakeTimeProvider();
        await using var tier = await FakeTier.StartAsync();
        await using var run = await HttpRun.StartAsync(tier, "path: /in", time: time);
        var slow = new List<System.Net.Sockets.TcpClient>();
        try
        {
            for (var i = 0; i < 16; i++)
            {
                slow.Add(new System.Net.Sockets.TcpClient { NoDelay = true });
                await slow[i].ConnectAsync(IPAddress.Loopback, run.Url.Port);
                await slow[i].GetStream().WriteAsync(Encoding.ASCII.GetBytes($"POST /in HTTP/1.1\r\nHost: {run.Url.Authority}\r\nContent-Length: 10000000\r\n\r\n["));
            }

            var posted = run.PostAsync("{}");
            await Testing.Waiting.UntilAsync(async () =>
            {
                foreach (var each in slow)
                {
                    try
                    {
                        await each.GetStream().WriteAsync(" "u8.ToArray());
                    }
                    catch (Exception gone) when (gone is IOException or InvalidOperationException)
                    {
                        // It was cut off.
                    }
                }

                // Once there is room, the other body comes in real time, however long that takes on a busy machine: its own seconds must not run out.
                var isRoom = slow.Exists(static s => s.Client.Poll(0, System.Net.Sockets.SelectMode.SelectRead));
                time.Advance(isRoom ? TimeSpan.FromMilliseconds(10) : TimeSpan.FromSeconds(1));
                return posted.IsCompleted;
            });

            Assert.Equal(200, (await posted).Status);
        }
        finally
        {
            slow.ForEach(static s => s.Dispose());
        }

        await run.Command.StopAsync();
    }

    /// <summary>It was answered with 200, and nothing of it had been taken.</summary>
    [Theory]
    [InlineData(false, "HTTP/1.1 408 ")]
    [InlineData(true, "HTTP/1.1 400 ")]
    public async Task Body_ThatDoesNotCome_IsNoSuccess(bool isCutOff, string status)
    {
        var time = new Testing.FakeTimeProvider();
        await using var tier = await FakeTier.StartAsync();
        await using var run = await HttpRun.StartAsync(tier, "path: /in", time: time);
        using var client = new System.Net.Sockets.TcpClient();
        await client.ConnectAsync(IPAddress.Loopback, run.Url.Port);
        using var reader = new StreamReader(client.GetStream());
        await reader.BaseStream.WriteAsync(Encoding.ASCII.GetBytes($"POST /in HTTP/1.1\r\nHost: {run.Url.Authority}\r\nContent-Length: 100\r\n\r\n{{"));
        if (isCutOff)
            client.Client.Shutdown(System.Net.Sockets.SocketShutdown.Send);

        var answer = reader.ReadLineAsync();
        await time.PassUntilAsync(() => answer.IsCompleted, TimeSpan.FromSeconds(1));

        Assert.StartsWith(status, await answer, StringComparison.Ordinal);
        await run.Command.StopAsync();
        Assert.Empty(tier.Lines);
    }

    /// <summary>Whoever was still sending such a body had a broken connection, and no answer.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Body_ThatIsTooLarge_IsAnsweredToWhoeverStillSendsIt(bool isAnnounced)
    {
        await using var tier = await FakeTier.StartAsync();
        await using var run = await HttpRun.StartAsync(tier, "path: /in, max_body_size: 1000");
        using var body = new PausedContent("application/json", isAnnounced);
        var sent = body.SendRestAsync();

        using var response = await run.Client.PostAsync(run.Url, body);

        Assert.Equal((HttpStatusCode.RequestEntityTooLarge, """{"error":"a body has 1000 bytes at most"}"""), (response.StatusCode, await response.Content.ReadAsStringAsync()));
        await sent;
        Assert.Equal((200, """{"accepted":1,"processed":1}"""), await run.PostAsync("{}"));
    }

    [Fact]
    public async Task Start_AtAPortThatIsTaken_EndsWithThree()
    {
        using var taken = new System.Net.Sockets.TcpListener(IPAddress.Loopback, 0);
        taken.Start();
        var port = ((IPEndPoint)taken.LocalEndpoint).Port;
        using var folder = new TemporaryFolder();
        folder.Write("run.yaml", $$"""{ "input": { "http_server": { "port": {{port}} } }, "output": { "tier": { "stream_name": "s" } } }""");
        var run = await CliRun.RunAsync(Stream.Null, ["run", "-f", "run.yaml"], directory: folder.Path);
        run.AssertError(3, $"input.http_server: 127.0.0.1:{port}: ");
    }

    /// <summary>A run with this input, and a client of it.</summary>
    private sealed class HttpRun(RunningCommand command, Uri url, TemporaryFolder folder) : IAsyncDisposable
    {
        public RunningCommand Command => command;

        public Uri Url => url;

        public HttpClient Client { get; } = new();

        public static Task<HttpRun> StartAsync(FakeTier tier, string input, string processors = "[]", TimeProvider? time = null, string fields = "") =>
            StartAsync(input, $"processors: {processors}\noutput: {{ tier: {{ stream_name: s{fields}, url: '{tier.Url}' }} }}", time);

        public static async Task<HttpRun> StartAsync(string input, string rest, TimeProvider? time = null)
        {
            var folder = new TemporaryFolder();
            folder.Write("run.yaml", $"input: {{ http_server: {{ port: 0, {input} }} }}\n{rest}");
            var command = RunningCommand.Start(time ?? TimeProvider.System, folder.Path, "run", "-f", "run.yaml");
            return new HttpRun(command, new Uri(await command.SaidAsync("kpl: http_server listens at ")), folder);
        }

        public async Task<(int Status, string Body)> PostAsync(string body, string type = "application/json", string path = "")
        {
            using var content = new StringContent(body, Encoding.UTF8, type);
            using var response = await Client.PostAsync(new Uri(url, path), content);
            return ((int)response.StatusCode, await response.Content.ReadAsStringAsync());
        }

        public async ValueTask DisposeAsync()
        {
            Client.Dispose();
            await command.DisposeAsync();
            folder.Dispose();
        }
    }

    /// <summary>Standard output that takes a port with what is written last.</summary>
    private sealed class PortTaker(int port) : MemoryStream
    {
        private readonly System.Net.Sockets.TcpListener _listener = new(IPAddress.Loopback, port);

        public bool HasIt { get; private set; }

        public override void Write(byte[] buffer, int offset, int count)
        {
            _listener.Start();
            HasIt = true;
        }

        protected override void Dispose(bool disposing)
        {
            _listener.Dispose();
            base.Dispose(disposing);
        }
    }
}
