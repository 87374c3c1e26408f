using System.Net.Http.Headers;
using System.Text;
using System.Text.Json.Nodes;
using Orleans.Kpl.Administration;
using Orleans.Kpl.Http.Identities;
using Orleans.Kpl.Http.Identities.Quotas;

namespace Orleans.Kpl.Http.Tests.Identities;

/// <remarks>Tests <see cref="IdentityQuotas"/>, <see cref="IdentityUsage"/>, <see cref="RateBucket"/> and <see cref="CountedBody"/>.</remarks>
public sealed class QuotaTests
{
    private const string Record = """{"partition_key":"k","payload":1}""";

    private static readonly string Key = ApiKeyText.Create();
    private static readonly string Other = ApiKeyText.Create();

    [Fact]
    public async Task Requests_BeyondThoseInFlight_AreRefused_AndNeighboursAreNot()
    {
        await using var server = await IdentityServer.StartAsync(Folder(("requests_in_flight", 1)));
        var release = new TaskCompletionSource();
        server.Producer.Released = release.Task;
        var first = server.SendAsync("POST", "/events/confirmed", Key, Record);
        await server.Producer.ArrivalAsync();

        var refused = await server.SendAsync("POST", "/events/confirmed", Key, Record);
        var neighbour = server.SendAsync("POST", "/events/confirmed", Other, Record);
        await server.Producer.ArrivalAsync();
        release.SetResult();

        Assert.Equal((429, "QuotaReached"), (refused.Status, refused.Code));
        Assert.Equal(("1", "\"requests_in_flight\";q=1", "\"requests_in_flight\";r=0;t=1"),
            (refused.Headers["Retry-After"], refused.Headers["RateLimit-Policy"], refused.Headers["RateLimit"]));
        Assert.Equal((200, 200), ((await first).Status, (await neighbour).Status));
        // The first is under way until after its answer: a client may be back before.
        await Waiting.UntilAsync(async () => (await server.SendAsync("POST", "/events/confirmed", Key, Record)).Status == 200);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Body_LongerThanItsQuota_IsRefusedForGood_WhetherItsLengthIsAnnouncedOrNot(bool isAnnounced)
    {
        await using var server = await IdentityServer.StartAsync(Folder(("body_bytes_in_flight", 2_048)));
        var body = Encoding.UTF8.GetBytes($"[{string.Join(',', Enumerable.Repeat(Record, 200))}]");

        var refused = await PostAsync(server, body, isAnnounced);
        var taken = await PostAsync(server, Encoding.UTF8.GetBytes($"[{Record}]"), isAnnounced);

        // With 429 and Retry-After the client would send it again for ever.
        Assert.Equal((413, "RequestTooLarge"), (refused.Status, refused.Code));
        Assert.DoesNotContain("Retry-After", refused.Headers.Keys);
        Assert.Contains("body_bytes_in_flight of 2048", refused.Message, StringComparison.Ordinal);
        Assert.Equal((200, 1), (taken.Status, server.Producer.Records.Count));
        var usage = Usage(await server.SendAsync("GET", "/usage", Key), "orders");
        Assert.Equal((1, 1, 0), (usage["records"]!.GetValue<int>(), usage["refused"]!.GetValue<int>(), usage["body_bytes_in_flight"]!.GetValue<int>()));
    }

    /// <summary>Two bodies that are too many together: the one that is later is refused, and may come again.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Bodies_BeyondTheirQuotaTogether_AreRefusedForNow(bool isAnnounced)
    {
        await using var server = await IdentityServer.StartAsync(Folder(("body_bytes_in_flight", 2_048)));
        var release = new TaskCompletionSource();
        server.Producer.Released = release.Task;
        var body = Encoding.UTF8.GetBytes($"[{string.Join(',', Enumerable.Repeat(Record, 40))}]");
        var first = PostAsync(server, body, isAnnounced);
        await server.Producer.ArrivalAsync();

        var second = await PostAsync(server, body, isAnnounced);
        release.SetResult();

        Assert.Equal((429, "QuotaReached", "1"), (second.Status, second.Code, second.Headers["Retry-After"]));
        Assert.Equal("\"body_bytes_in_flight\";q=2048", second.Headers["RateLimit-Policy"]);
        Assert.Equal(200, (await first).Status);
        await Waiting.UntilAsync(async () => (await PostAsync(server, body, isAnnounced)).Status == 200);
    }

    /// <summary>It was charged when all of it was there: some hundred kilobytes whose last byte never came held megabytes of nobody.</summary>
    [Fact]
    public async Task Body_ThatBecomesLongerThanItsQuota_IsRefusedWhileItComes()
    {
        await using var server = await IdentityServer.StartAsync(Folder(("body_bytes_in_flight", 1 << 20)));
        var random = new Random(1);
        var text = string.Concat(Enumerable.Range(0, (8 << 20) / 2_048).Select(_ =>
        {
            var line = new byte[32];
            random.NextBytes(line);
            return string.Concat(Enumerable.Repeat(Convert.ToHexString(line), 32));
        }));
        var body = Compressed.With("gzip", text);
        Assert.InRange(body.Length, 100_000, 1 << 20);
        using var socket = await PlainSocket.PostAsync(
            server.Address, "/streams/orders/records", body.Length,
            $"Authorization: Bearer {Key}\r\nX-Partition-Key: k\r\nContent-Encoding: gzip\r\n", "text/plain");
        await socket.SendAsync(body.AsMemory(0, body.Length - 1));

        Assert.StartsWith("HTTP/1.1 413", await socket.AnswerAsync(), StringComparison.Ordinal);
        Assert.Equal(0, server.Bodies.Bytes);
        Assert.Empty(server.Producer.Records);
    }

    /// <summary>What was not taken is not charged: whoever hangs up sends it again.</summary>
    [Theory]
    [InlineData("/events", true)]
    [InlineData("/events", false)]
    [InlineData("/streams/orders/records", true)]
    [InlineData("/streams/orders/records", false)]
    [InlineData("/streams/orders/records?stream=true", true)]
    public async Task HangUp_BeforeTheRecordsAreAccepted_GivesBackWhatTheyTook(string path, bool isWhole)
    {
        await using var server = await IdentityServer.StartAsync(Folder(("bytes_per_second", 10)));
        server.Producer.Room = new TaskCompletionSource().Task; // there will never be room
        var (type, body) = path.Contains('?', StringComparison.Ordinal) ? ("application/x-ndjson", Record + "\n")
            : ("application/json", path == "/events" ? Record : $"[{Record}]");
        using var socket = await PlainSocket.PostAsync(server.Address, path, body.Length, $"Authorization: Bearer {Key}\r\n", type);
        await socket.SendAsync(isWhole ? body : body[..^1]);
        if (isWhole)
            await server.Producer.ArrivalAsync();
        else
            await Waiting.UntilAsync(async () =>
                Usage(await server.SendAsync("GET", "/usage", Other), "orders")["requests_in_flight"]!.GetValue<int>() == 1);
        socket.Reset();

        JsonNode? usage = null;
        await Waiting.UntilAsync(async () =>
        {
            usage = Usage(await server.SendAsync("GET", "/usage", Other), "orders");
            return usage["requests_in_flight"]!.GetValue<int>() == 0;
        });
        Assert.Equal((0, 0, 0), (usage!["requests"]!.GetValue<int>(), usage["bytes"]!.GetValue<int>(), usage["refused"]!.GetValue<int>()));
        server.Producer.Room = Task.CompletedTask;
        Assert.Equal(202, (await server.SendAsync("POST", "/events", Key, Record)).Status); // ten bytes a second have not come back in that time
    }

    [Fact]
    public async Task Records_BeyondTheRate_AreRefusedUntilTheDebtIsPaid()
    {
        await using var server = await IdentityServer.StartAsync(Folder(("records_per_second", 10)));
        var many = $"[{string.Join(',', Enumerable.Repeat(Record, 100_000 / 100))}]";
        var start = TimeProvider.System.GetTimestamp();
        Assert.Equal(200, (await server.SendAsync("POST", "/streams/orders/records", Key, many)).Status);

        var refused = await server.SendAsync("POST", "/streams/orders/records", Key, $"[{Record}]");

        Assert.Equal(429, refused.Status);
        // The wait grows shorter while a busy machine handles the requests.
        Assert.InRange(
            double.Parse(refused.Headers["Retry-After"], System.Globalization.CultureInfo.InvariantCulture),
            90 - TimeProvider.System.GetElapsedTime(start).TotalSeconds, 100);
        Assert.Equal("\"records_per_second\";q=10;w=1", refused.Headers["RateLimit-Policy"]);
        Assert.Equal(200, (await server.SendAsync("POST", "/streams/orders/records", Other, $"[{Record}]")).Status);
    }

    /// <summary>Whatever comes in, in ten seconds no more than a tenth above the rate goes through, and one request.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(50)]
    public void Rate_OverTenSeconds_IsKeptWithinATenth(int recordsOfARequest)
    {
        var time = new FakeTimeProvider();
        var usage = new IdentityUsage(time);
        var quota = new IdentityQuota(RecordsPerSecond: 1_000);
        Take(quota.RecordsPerSecond!.Value); // what the first second lends
        long taken = 0;
        for (var i = 0; i < 10_000; i++)
        {
            time.Advance(TimeSpan.FromMilliseconds(1));
            while (usage.TryEnter(quota, 100) is null)
            {
                Take(recordsOfARequest);
                taken += recordsOfARequest;
            }
        }
        Assert.InRange(taken, 9_500, 11_000 + recordsOfARequest);

        void Take(long records)
        {
            usage.TryTakeRecords(quota, (int)records);
            usage.Leave(100);
        }
    }

    /// <summary>They all passed when there was one token: the rate was looked at as they began, and records were counted when they had been accepted.</summary>
    [Fact]
    public async Task Records_OfRequestsUnderWay_CountBeforeTheyAreAccepted()
    {
        await using var server = await IdentityServer.StartAsync(Folder(("records_per_second", 1)));
        var free = new TaskCompletionSource();
        server.Producer.Room = free.Task;
        var many = $"[{string.Join(',', Enumerable.Repeat(Record, 100))}]";
        var first = server.SendAsync("POST", "/streams/orders/records", Key, many);
        await server.Producer.ArrivalAsync();

        var refused = await server.SendAsync("POST", "/events", Key, Record);
        free.SetResult();

        Assert.Equal((429, "QuotaReached"), (refused.Status, refused.Code));
        Assert.Equal(200, (await first).Status);
    }

    [Fact]
    public void Records_OfRequestsThatBeganTogether_AreNoMoreThanTheRate_AndOneRequest()
    {
        var usage = new IdentityUsage(new FakeTimeProvider());
        var quota = new IdentityQuota(RecordsPerSecond: 1_000);
        for (var i = 0; i < 100; i++)
            Assert.Null(usage.TryEnter(quota, 100));

        var taken = 0;
        for (var i = 0; i < 100; i++)
            taken += usage.TryTakeRecords(quota, 150) is null ? 150 : 0;

        Assert.InRange(taken, 500, 1_000 + 150);
        Assert.Equal(taken, usage.Read().Records);
    }

    /// <summary>What is refused behind the rate, here because nobody made room, has taken nothing of it.</summary>
    [Fact]
    public async Task Records_ThatWereNotAccepted_AreGivenBack()
    {
        await using var server = await IdentityServer.StartAsync(Folder(("records_per_second", 1)));
        server.Producer.IsFull = true;
        var many = $"[{string.Join(',', Enumerable.Repeat(Record, 100))}]";
        Assert.Equal("TooManyRequests", (await server.SendAsync("POST", "/streams/orders/records", Key, many)).Code);
        server.Producer.IsFull = false;

        // It is under way until after its answer.
        await Waiting.UntilAsync(async () =>
            Usage(await server.SendAsync("GET", "/usage", Other), "orders")["requests_in_flight"]!.GetValue<int>() == 0);
        Assert.Equal(202, (await server.SendAsync("POST", "/events", Key, Record)).Status);
    }

    /// <summary>All that was taken without a quota stayed a debt of the next one, to be paid back in hours.</summary>
    [Fact]
    public void Quota_ThatIsSetAgain_CountsFromThenOn()
    {
        var time = new FakeTimeProvider();
        var usage = new IdentityUsage(time);
        var quota = new IdentityQuota(RecordsPerSecond: 1_000, BytesPerSecond: 1_000_000);
        Put(quota, 100, 1_000);
        for (var minute = 0; minute < 60; minute++)
        {
            time.Advance(TimeSpan.FromMinutes(1));
            Put(new IdentityQuota(), 10_000_000 / 60, 60_000_000);
        }

        Put(quota, 100, 1_000);

        void Put(IdentityQuota quota, int records, int bytes)
        {
            Assert.Null(usage.TryEnter(quota, bytes));
            usage.TryTakeRecords(quota, records);
            usage.Leave(bytes);
        }
    }

    [Fact]
    public async Task Usage_IsToldOfOneself_AndToWhoMayLook_OfAll()
    {
        await using var server = await IdentityServer.StartAsync(Folder());
        await server.SendAsync("POST", "/streams/orders/records", Key, $"[{Record},{Record}]");
        await server.SendAsync("POST", "/events", Other, Record);

        var own = await server.SendAsync("GET", "/usage", Key);
        var all = await server.SendAsync("GET", "/usage", Other);

        Assert.Single(own.Json.GetProperty("identities").EnumerateArray());
        Assert.Equal(2, all.Json.GetProperty("identities").GetArrayLength());
        var usage = Usage(all, "orders");
        Assert.Equal((1, 2, (2 * Record.Length) + 3), (usage["requests"]!.GetValue<int>(), usage["records"]!.GetValue<int>(), usage["bytes"]!.GetValue<int>()));
    }

    /// <summary>Returns what an identity uses; of one that sent nothing yet, that nothing is under way.</summary>
    private static JsonNode Usage(HttpAnswer answer, string identity) =>
        JsonNode.Parse(answer.Text)!["identities"]!.AsArray().SingleOrDefault(i => i!["identity"]!.GetValue<string>() == identity)
        ?? new JsonObject { ["requests_in_flight"] = 0 };

    private static async Task<HttpAnswer> PostAsync(IdentityServer server, byte[] body, bool isAnnounced)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/streams/orders/records") { Content = new ByteArrayContent(body) };
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        request.Headers.TransferEncodingChunked = !isAnnounced;
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", Key);
        return await server.SendAsync(request);
    }

    private static IdentityFolder Folder(params (string Name, long Value)[] quota)
    {
        var identity = IdentityFolder.Identity("orders", Key, "produce:orders");
        identity["quota"] = new JsonObject(quota.Select(static q => KeyValuePair.Create(q.Name, (JsonNode?)JsonValue.Create(q.Value))));
        return new IdentityFolder().Write(identity, IdentityFolder.Identity("other", Other, "produce:orders", "status:*"));
    }
}
