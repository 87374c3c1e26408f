using System.Text.Json.Nodes;
using Orleans.Kpl.Administration;
using Orleans.Kpl.Http.Identities;
using Orleans.Kpl.Http.Identities.Quotas;
using Orleans.Kpl.Http.Tests.Identities;
using Orleans.Kpl.Http.Tests.Streaming;
using Orleans.Kpl.Quotas;

namespace Orleans.Kpl.Http.Tests.Quotas;

/// <remarks>Tests <see cref="IdentityEndpoints"/>, <see cref="IdentityJson"/> and <see cref="QuotaExchange"/>.</remarks>
public sealed class IdentityEndpointsTests
{
    private const string Record = """{"partition_key":"k","payload":1}""";
    private const string Other = "127.0.0.1:2@2";

    private static readonly string Root = ApiKeyText.Create();
    private static readonly string Orders = ApiKeyText.Create();
    private static readonly string Part = ApiKeyText.Create();

    [Fact]
    public async Task Ban_IsInForceAtOnce_AndIsOverWhenItIsTakenBack()
    {
        await using var server = await IdentityServer.StartAsync(Folder());
        Assert.Equal(202, (await PutAsync(server)).Status);

        var banned = await server.SendAsync("POST", "/admin/identities/orders/ban", Root, """{"for":"24h"}""");
        var refused = await PutAsync(server);

        Assert.Equal((200, true), (banned.Status, banned.Json.GetProperty("banned").GetBoolean()));
        var change = banned.Json.GetProperty("overrides")[0];
        Assert.Equal(("ban", "root"), (change.GetProperty("kind").GetString(), change.GetProperty("by").GetString()));
        Assert.Equal((403, "Forbidden", "orders is banned"), (refused.Status, refused.Code, refused.Message));
        Assert.Equal(200, (await server.SendAsync("POST", "/admin/identities/orders/restore", Root)).Status);
        Assert.Equal(202, (await PutAsync(server)).Status);
        Assert.Equal(200, (await server.SendAsync("POST", "/admin/identities/orders/restore", Root)).Status);
    }

    /// <summary>Nobody could tell which keys may be taken out.</summary>
    [Fact]
    public async Task List_TellsWhenAKeyWasUsedLast_AlsoAfterAChangeOfTheFile()
    {
        var folder = Folder();
        await using var server = await IdentityServer.StartAsync(folder);
        Assert.Null(await LastUseAsync());
        await server.SendAsync("POST", "/events", $"{Orders[..^1]}{(Orders[^1] == 'a' ? 'b' : 'a')}", Record); // a guess
        Assert.Null(await LastUseAsync());

        var before = DateTimeOffset.UtcNow.AddSeconds(-1);
        Assert.Equal(202, (await PutAsync(server)).Status);
        Assert.InRange((await LastUseAsync())!.Value, before, DateTimeOffset.UtcNow.AddSeconds(1));
        folder.Write(FileOf(("requests_in_flight", 7)));
        server.Store.Refresh();
        Assert.NotNull(await LastUseAsync());

        async Task<DateTimeOffset?> LastUseAsync()
        {
            var list = await server.SendAsync("GET", "/admin/identities", Root);
            var key = Assert.Single(list.Json.GetProperty("identities").EnumerateArray()
                .Single(static i => i.GetProperty("identity").GetString() == "orders").GetProperty("keys").EnumerateArray());
            Assert.Equal(("api", ApiKeyText.FindId(Orders)), (key.GetProperty("kind").GetString(), key.GetProperty("id").GetString()));
            return key.TryGetProperty("last_used_at", out var last) ? last.GetDateTimeOffset() : null;
        }
    }

    /// <summary>Another file does not undo it, for somebody else may write that file.</summary>
    [Fact]
    public async Task Ban_OutlivesAChangeOfTheFile()
    {
        var folder = Folder();
        await using var server = await IdentityServer.StartAsync(folder);
        await server.SendAsync("POST", "/admin/identities/orders/ban", Root, """{"for":"24h"}""");
        folder.Write(FileOf(("requests_in_flight", 7)));
        server.Store.Refresh();

        var list = await server.SendAsync("GET", "/admin/identities", Root);
        var orders = list.Json.GetProperty("identities").EnumerateArray().Single(static i => i.GetProperty("identity").GetString() == "orders");
        Assert.Equal((true, 7), (orders.GetProperty("banned").GetBoolean(), orders.GetProperty("quota").GetProperty("requests_in_flight").GetInt32()));
        Assert.Equal(403, (await PutAsync(server)).Status);
    }

    [Fact]
    public async Task Quota_ComesBeforeThatOfTheFile_AndWhatIsNotGivenStays()
    {
        await using var server = await IdentityServer.StartAsync(Folder(("records_per_second", 1_000_000), ("requests_in_flight", 9)));

        var set = await server.SendAsync("POST", "/admin/identities/orders/quota", Root, """{"for":"1h","records_per_second":1}""");
        // So many that their debt is not paid when the next request comes, however late that is.
        var many = $"[{string.Join(',', Enumerable.Repeat(Record, 1_000))}]";
        Assert.Equal(200, (await server.SendAsync("POST", "/streams/orders/records", Orders, many)).Status);
        var refused = await PutAsync(server);

        Assert.Equal((200, 1, 9), (set.Status, set.Json.GetProperty("quota").GetProperty("records_per_second").GetInt32(),
            set.Json.GetProperty("quota").GetProperty("requests_in_flight").GetInt32()));
        Assert.Equal((429, "\"records_per_second\";q=1;w=1"), (refused.Status, refused.Headers["RateLimit-Policy"]));
    }

    [Theory]
    [InlineData("/admin/identities/orders/ban", "{}", 400, "for")]
    [InlineData("/admin/identities/orders/ban", """{"for":"soon"}""", 400, "for: 'soon' is no duration from 1s to 365d")]
    [InlineData("/admin/identities/orders/ban", """{"for":"86400"}""", 400, "for: '86400' has no unit: write 86400ms or 86400s")]
    [InlineData("/admin/identities/orders/ban", """{"for":"400d"}""", 400, "365d")]
    [InlineData("/admin/identities/orders/ban", """{"for":"1h","why":"x"}""", 400, "why")]
    [InlineData("/admin/identities/nobody/ban", """{"for":"1h"}""", 404, "no identity is called 'nobody'")]
    [InlineData("/admin/identities/root/ban", """{"for":"1h"}""", 400, "root cannot ban itself")]
    [InlineData("/admin/identities/orders/quota", """{"for":"1h"}""", 400, "no quota is given")]
    [InlineData("/admin/identities/orders/quota", """{"for":"1h","records_per_second":0,"body_bytes_in_flight":7}""", 400,
        "body_bytes_in_flight is 7: it must be 1024 to 1099511627776; records_per_second is 0: it must be 1 to 1000000000")]
    public async Task Request_ThatIsWrong_SaysWhy_AndChangesNothing(string path, string body, int status, string part)
    {
        await using var server = await IdentityServer.StartAsync(Folder());

        var answer = await server.SendAsync("POST", path, Root, body);

        Assert.Equal(status, answer.Status);
        Assert.Contains(part, answer.Message, StringComparison.Ordinal);
        Assert.Equal(202, (await PutAsync(server)).Status);
    }

    /// <summary>It was 409 with the code of a request that is wrong.</summary>
    [Fact]
    public async Task Ban_BeyondAsManyAsMayHold_IsRefusedAsWhatHasNoRoom()
    {
        var peers = new FakePeers();
        await using var server = await IdentityServer.StartAsync(Folder(), peers);
        peers.Meet(Other);
        await Waiting.UntilAsync(() => peers.Answer is not null);
        QuotaOverride[] all =
        [
            .. Enumerable.Range(0, IdentityOverrides.Most).Select(static i => new QuotaOverride
            {
                Identity = $"other-{i}", Kind = QuotaOverrideKind.Ban, Version = 1, Origin = Other, Until = DateTimeOffset.UtcNow.AddHours(1),
            }),
        ];
        peers.Answer!(new QuotaReport { Origin = Other, Number = 1, Overrides = all });

        var refused = await server.SendAsync("POST", "/admin/identities/orders/ban", Root, """{"for":"1h"}""");

        refused.AssertRefused(429, "TooManyRequests", "write them into the file");
        Assert.NotEmpty(refused.Headers["Retry-After"]);
        Assert.Equal(202, (await PutAsync(server)).Status);
    }

    /// <summary>Whoever administers one stream has nothing to say about others' clients.</summary>
    [Fact]
    public async Task Change_ByWhoAdministersSomeStreamsOnly_IsRefused()
    {
        await using var server = await IdentityServer.StartAsync(Folder());

        foreach (var path in new[] { "ban", "quota", "restore" })
        {
            Assert.Equal(403, (await server.SendAsync("POST", $"/admin/identities/orders/{path}", Part, """{"for":"1h"}""")).Status);
            Assert.Equal(403, (await server.SendAsync("POST", $"/admin/identities/orders/{path}", Orders, """{"for":"1h"}""")).Status);
            Assert.Equal(401, (await server.SendAsync("POST", $"/admin/identities/orders/{path}", null, """{"for":"1h"}""")).Status);
        }

        Assert.Equal(403, (await server.SendAsync("GET", "/admin/identities", Orders)).Status);
        Assert.Equal(6, server.Log.All.Count(static l => l.Contains("Audit: POST /admin/identities/orders/", StringComparison.Ordinal) && l.TrimEnd().EndsWith("403", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task Ban_IsToldToTheOtherSilos_AndTheAnswerSaysWhichKnow()
    {
        var folder = Folder();
        var peers = new FakePeers { Reply = static (silo, _) => silo == Other ? null : throw new IOException("it is away") };
        await using var server = await IdentityServer.StartAsync(folder, peers);
        peers.Meet(Other, "127.0.0.1:3@3");

        var banned = await server.SendAsync("POST", "/admin/identities/orders/ban", Root, """{"for":"24h"}""");

        Assert.Equal(Other, banned.Json.GetProperty("told")[0].GetString());
        Assert.Equal("127.0.0.1:3@3", banned.Json.GetProperty("not_told")[0].GetString());
        Assert.Contains(peers.Told, static r => r.Overrides.Any(static o => o is { Identity: "orders", Kind: QuotaOverrideKind.Ban, By: "root" }));
    }

    [Fact]
    public async Task Ban_ThatAnotherSiloTells_IsInForceHere_AndItIsAnsweredWithWhatIsWantedHere()
    {
        var folder = Folder(("records_per_second", 100));
        var peers = new FakePeers();
        await using var server = await IdentityServer.StartAsync(folder, peers);
        peers.Meet(Other);
        await Waiting.UntilAsync(() => peers.Told.Count > 0);
        var change = new QuotaOverride
        {
            Identity = "orders", Kind = QuotaOverrideKind.Ban, Version = 1, Origin = Other, Until = DateTimeOffset.UtcNow.AddHours(1),
        };

        var answer = peers.Answer!(new QuotaReport { Origin = Other, Number = 1, Overrides = [change] });

        Assert.Equal(peers.Self, answer!.Origin);
        Assert.Equal(403, (await PutAsync(server)).Status);
    }

    /// <summary>Beside another silo that says nothing, half of the quota is this one's.</summary>
    [Fact]
    public async Task Rate_BesideAnotherSilo_IsAPartOfTheQuota_AndTheAnswerTellsTheWholeOne()
    {
        var folder = Folder(("records_per_second", 100));
        var peers = new FakePeers { Reply = static (_, _) => throw new IOException("it is away") };
        await using var server = await IdentityServer.StartAsync(folder, peers);
        peers.Meet(Other);
        var many = $"[{string.Join(',', Enumerable.Repeat(Record, 5_000))}]";
        var start = TimeProvider.System.GetTimestamp();
        Assert.Equal(200, (await server.SendAsync("POST", "/streams/orders/records", Orders, many)).Status);

        var refused = await server.SendAsync("POST", "/streams/orders/records", Orders, $"[{Record}]");

        Assert.Equal((429, "\"records_per_second\";q=100;w=1"), (refused.Status, refused.Headers["RateLimit-Policy"]));
        // The wait grows shorter while a busy machine handles the requests.
        Assert.InRange(
            double.Parse(refused.Headers["Retry-After"], System.Globalization.CultureInfo.InvariantCulture),
            90 - TimeProvider.System.GetElapsedTime(start).TotalSeconds, 100);
    }

    /// <summary>429 for want of room means that nothing was taken: nor of the quota.</summary>
    [Fact]
    public async Task Request_ThatTheProcessHadNoRoomFor_TakesNothingOfTheQuota()
    {
        await using var server = await IdentityServer.StartAsync(Folder(("bytes_per_second", 100)));
        server.Producer.IsFull = true;
        for (var i = 0; i < 5; i++)
            Assert.Equal((429, "TooManyRequests"), ((await PutAsync(server)) is var full ? (full.Status, full.Code) : default));
        server.Producer.IsFull = false;

        Assert.Equal(202, (await PutAsync(server)).Status);
        var usage = JsonNode.Parse((await server.SendAsync("GET", "/usage", Orders)).Text)!["identities"]![0]!;
        Assert.Equal([1, 1, Record.Length, 5], new[] { "requests", "records", "bytes", "refused" }.Select(n => usage[n]!.GetValue<int>()));
    }

    /// <summary>A request whose lines are taken while they come is charged by its windows. One for which there was no room kept its charge.</summary>
    [Fact]
    public async Task StreamedLines_ThatTheProcessHadNoRoomFor_TakeNothingOfTheQuota()
    {
        const string Line = "{\"partition_key\":\"k\",\"payload\":1}\n";
        await using var server = await IdentityServer.StartAsync(Folder(("requests_in_flight", 5)));
        using var client = await LineSocket.PostAsync(server.Address, "/streams/orders/records?stream=true", headers: $"Authorization: Bearer {Orders}\r\n");
        foreach (var isFull in (bool[])[false, true, false])
        {
            server.Producer.IsFull = isFull;
            await client.SendAsync(Line);
            Assert.Equal(isFull ? "failed" : "delivered", (await client.ReadAsync())?.GetProperty("status").GetString());
        }
        await client.EndAsync();
        Assert.Null(await client.ReadAsync());

        // The first window of a request is answered as any other request.
        server.Producer.IsFull = true;
        using var first = await LineSocket.PostAsync(server.Address, "/streams/orders/records?stream=true", headers: $"Authorization: Bearer {Orders}\r\n");
        await first.SendAsync(Line);
        Assert.Equal("TooManyRequests", (await first.ReadAsync())?.GetProperty("error_code").GetString());

        var usage = JsonNode.Parse((await server.SendAsync("GET", "/usage", Orders)).Text)!["identities"]![0]!;
        Assert.Equal([2, 2, 2 * Line.Length, 2], new[] { "requests", "records", "bytes", "refused" }.Select(n => usage[n]!.GetValue<int>()));
    }

    /// <summary>Whoever puts over a front waits for memory in turns with the others.</summary>
    [Theory]
    [InlineData("/events", Record)]
    [InlineData("/events/confirmed", Record)]
    [InlineData("/streams/orders/records", $"[{Record}]")]
    [InlineData("/streams/orders/records?ack=accepted", $"[{Record}]")]
    public async Task Put_OfAnIdentity_WaitsForMemoryAsThatIdentity(string path, string body)
    {
        await using var server = await IdentityServer.StartAsync(Folder());
        Assert.InRange((await server.SendAsync("POST", path, Orders, body)).Status, 200, 202);
        Assert.Equal("orders", server.Producer.Identity);

        await using var open = await Serving.HttpServer.StartAsync();
        Assert.InRange((await open.PostAsync(path.Replace("orders", "events", StringComparison.Ordinal), body)).Status, 200, 202);
        Assert.Equal("", open.Producer.Identity);
    }

    private static Task<HttpAnswer> PutAsync(IdentityServer server) => server.SendAsync("POST", "/events", Orders, Record);

    private static IdentityFolder Folder(params (string Name, long Value)[] quota) => new IdentityFolder().Write(FileOf(quota));

    private static string FileOf(params (string Name, long Value)[] quota)
    {
        var orders = IdentityFolder.Identity("orders", Orders, "produce:orders");
        orders["quota"] = new JsonObject(quota.Select(static q => KeyValuePair.Create(q.Name, (JsonNode?)JsonValue.Create(q.Value))));
        return IdentityFolder.FileOf(
            orders, IdentityFolder.Identity("root", Root, "administer:*"), IdentityFolder.Identity("part", Part, "administer:orders*"));
    }
}
