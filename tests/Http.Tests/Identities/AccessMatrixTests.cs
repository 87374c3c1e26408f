using Orleans.Kpl.Administration;

namespace Orleans.Kpl.Http.Tests.Identities;

/// <remarks>Tests <see cref="Http.Identities.Access.AccessRequirement"/> and <see cref="Http.Identities.Access.CallerGate"/>.</remarks>
public sealed class AccessMatrixTests
{
    private const string Record = """{"partition_key":"k","payload":1}""";
    private const string Policy = """{"mode":"off"}""";
    private const string Hour = """{"for":"1h"}""";
    private const string All = """{"all":true}""";

    private static readonly Dictionary<string, string> Keys =
        new[] { "produce", "status", "administer", "banned", "other", "all" }.ToDictionary(static n => n, static _ => ApiKeyText.Create());

    /// <summary>A request, and what each credential gets: none, produce, status, administer.</summary>
    public static TheoryData<string, string, string, int, int, int, int> Table => new()
    {
        { "GET", "/health/live", "", 200, 200, 200, 200 },
        { "GET", "/health/ready", "", 200, 200, 200, 200 },
        { "GET", "/health", "", 401, 200, 200, 200 },
        { "GET", "/usage", "", 401, 200, 200, 200 },
        { "GET", "/metrics", "", 401, 403, 200, 200 },
        { "POST", "/events", Record, 401, 202, 403, 403 },
        { "POST", "/events/confirmed", Record, 401, 200, 403, 403 },
        { "POST", "/streams/orders/records", $"[{Record}]", 401, 200, 403, 403 },
        { "GET", "/", "", 200, 200, 200, 200 },
        { "GET", "/dashboard", "", 200, 200, 200, 200 },
        { "GET", "/dashboard/app.js", "", 200, 200, 200, 200 },
        { "GET", "/admin/streams", "", 401, 403, 200, 200 },
        { "GET", "/admin/silos", "", 401, 403, 200, 200 },
        { "HEAD", "/admin/silos", "", 401, 403, 200, 200 },
        { "GET", "/admin/kinesis", "", 401, 403, 200, 200 },
        { "GET", "/admin/streams/orders/policy", "", 401, 403, 200, 200 },
        { "HEAD", "/admin/streams/orders/policy", "", 401, 403, 200, 200 },
        { "GET", "/admin/streams/orders/history", "", 401, 403, 200, 200 },
        { "GET", "/admin/streams/orders/capacity", "", 401, 403, 200, 200 },
        { "GET", "/admin/streams/orders/load", "", 401, 403, 200, 200 },
        { "GET", "/admin/streams/orders/heat", "", 401, 403, 200, 200 },
        { "GET", "/admin/streams/orders/numbers", "", 401, 403, 200, 200 },
        { "POST", "/admin/streams/orders/capacity", """{"on_demand":true}""", 401, 403, 403, 200 },
        { "POST", "/admin/streams/orders/capacity", """{"on_demand":true,"dry_run":true}""", 401, 403, 403, 200 },
        { "GET", "/admin/streams/orders/failures", "", 401, 403, 200, 200 },
        { "GET", "/admin/streams/orders/explain?key=k", "", 401, 403, 200, 200 },
        { "GET", "/admin/streams/orders/ledger", "", 401, 403, 200, 200 },
        { "GET", "/admin/streams/orders/backlog", "", 401, 403, 200, 200 },
        { "GET", "/admin/streams/orders/dead-letters", "", 401, 403, 403, 200 },
        { "POST", "/admin/streams/orders/policy", Policy, 401, 403, 403, 200 },
        { "POST", "/admin/streams/orders/dead-letters/requeue", All, 401, 403, 403, 200 },
        { "POST", "/admin/streams/orders/dead-letters/drop", All, 401, 403, 403, 200 },
        { "GET", "/admin/identities", "", 401, 403, 200, 200 },
        { "POST", "/admin/identities/status/ban", Hour, 401, 403, 403, 200 },
        { "POST", "/admin/identities/status/quota", """{"for":"1h","requests_in_flight":9}""", 401, 403, 403, 200 },
        { "POST", "/admin/identities/status/restore", "", 401, 403, 403, 200 },
        { "GET", "/nowhere", "", 401, 404, 404, 404 },
        { "PUT", "/events", "", 401, 405, 405, 405 },
    };

    /// <summary>The requests, with what nobody and somebody who may do all gets.</summary>
    public static TheoryData<string, string, string, int, int> Requests =>
        [.. Table.Select(static r => r.Data).Select(static r => (r.Item1, r.Item2, r.Item3, r.Item4, r.Item7))];

    [Theory]
    [MemberData(nameof(Table))]
    public async Task Route_ForEachRole_AnswersAsTheTableSays(string method, string path, string body, int none, int produce, int status, int administer)
    {
        await using var server = await IdentityServer.StartAsync(Folder());

        Assert.Equal(none, (await server.SendAsync(method, path, null, body)).Status);
        Assert.Equal(produce, (await server.SendAsync(method, path, Keys["produce"], body)).Status);
        Assert.Equal(status, (await server.SendAsync(method, path, Keys["status"], body)).Status);
        Assert.Equal(administer, (await server.SendAsync(method, path, Keys["administer"], body)).Status);
    }

    [Theory]
    [MemberData(nameof(Requests))]
    public async Task Route_ForABannedIdentity_IsRefusedWhatever(string method, string path, string body, int none, int known)
    {
        await using var server = await IdentityServer.StartAsync(Folder());
        Assert.Equal(none == 200 ? known : 403, (await server.SendAsync(method, path, Keys["banned"], body)).Status);
    }

    [Theory]
    [MemberData(nameof(Requests))]
    public async Task Route_OfAnotherStreamThanGranted_IsRefused(string method, string path, string body, int none, int known)
    {
        await using var server = await IdentityServer.StartAsync(Folder());
        var isOfAStream = path.StartsWith("/events", StringComparison.Ordinal) || path.Contains("/streams/", StringComparison.Ordinal)
            || path.StartsWith("/admin/identities/", StringComparison.Ordinal); // that needs the right to all streams
        Assert.Equal(isOfAStream && method != "PUT" ? 403 : known, (await server.SendAsync(method, path, Keys["other"], body)).Status);
        Assert.InRange(none, 200, 401);
    }

    /// <summary>Whether a stream exists is told to nobody who may not use it: the producer is not even asked.</summary>
    [Fact]
    public async Task Refusal_OfAStream_SaysNotWhetherItExists()
    {
        await using var server = await IdentityServer.StartAsync(Folder());

        var there = await server.SendAsync("POST", "/streams/orders/records", Keys["other"], $"[{Record}]");
        var missing = await server.SendAsync("POST", "/streams/missing/records", Keys["other"], $"[{Record}]");

        Assert.Equal((403, "Forbidden", "other may not put into 'orders'"), (there.Status, there.Code, there.Message));
        Assert.Equal(there.Text.Replace("orders", "missing", StringComparison.Ordinal), missing.Text);
        Assert.Equal(0, server.Producer.Calls);
    }

    [Theory]
    [InlineData("/streams/arn%3Aaws%3Akinesis%3Aus-east-1%3A1%3Astream%2Forders/records", 403)]
    [InlineData("/streams/arn:aws:kinesis:us-east-1:1:stream%2Forders/records", 403)]
    [InlineData("/streams/ord%65rs/records", 200)]
    [InlineData("/streams/ORDERS/records", 403)]
    [InlineData("/STREAMS/orders/records", 200)]
    [InlineData("/streams/orders/../secret/records", 403)]
    [InlineData("/streams/orders%2F..%2Fsecret/records", 403)]
    [InlineData("/streams/orders%252F/records", 403)]
    [InlineData("//streams/orders/records", 404)]
    public async Task Path_HoweverItIsWritten_IsJudgedByTheStreamThatIsMeant(string path, int status)
    {
        await using var server = await IdentityServer.StartAsync(Folder());
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(server.Address.AbsoluteUri.TrimEnd('/') + path, new UriCreationOptions
        {
            DangerousDisablePathAndQueryCanonicalization = true,
        }))
        {
            Content = new StringContent($"[{Record}]", System.Text.Encoding.UTF8, "application/json"),
        };
        request.Headers.TryAddWithoutValidation("X-Api-Key", Keys["produce"]);
        Assert.Equal(status, (await server.SendAsync(request)).Status);
    }

    [Fact]
    public async Task Health_ForAProducer_TellsNothingOfOthers()
    {
        await using var server = await IdentityServer.StartAsync(Folder());
        Assert.False((await server.SendAsync("GET", "/health", Keys["produce"])).Json.TryGetProperty("outstanding_records", out _));
        Assert.False((await server.SendAsync("GET", "/health", Keys["produce"])).Json.TryGetProperty("backlog_records", out _));
        Assert.True((await server.SendAsync("GET", "/health", Keys["status"])).Json.TryGetProperty("outstanding_records", out _));
    }

    [Fact]
    public async Task Error_OfAws_IsToldFromStatusUp()
    {
        const string message = "User: arn:aws:sts::123456789012:assumed-role/kpl/i-0 is not authorized";
        await using var server = await IdentityServer.StartAsync(Folder());
        server.Producer.Judge = record => RecordResult.NotDelivered(
            RecordStatus.Failed, "AccessDeniedException", message, record, [Serving.FakeHttpProducer.OneAttempt with { ErrorCode = "AccessDeniedException", ErrorMessage = message }]);

        foreach (var (path, body) in new[] { ("/events/confirmed", Record), ("/streams/orders/records", $"[{Record}]") })
        {
            var hidden = await server.SendAsync("POST", path, Keys["produce"], body);
            Assert.Contains("AccessDeniedException", hidden.Text, StringComparison.Ordinal);
            Assert.DoesNotContain("arn:aws", hidden.Text, StringComparison.Ordinal);
            Assert.Contains(message, (await server.SendAsync("POST", path, Keys["all"], body)).Text, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Metrics_IfTheyAreOpen_AreReadByEverybody_AndNothingElseIs()
    {
        await using var server = await IdentityServer.StartAsync(Folder(), openMetrics: true);

        var answer = await server.SendAsync("GET", "/metrics", null);
        Assert.Equal((200, "kpl_up 1\n"), (answer.Status, answer.Text));
        Assert.Equal(200, (await server.SendAsync("GET", "/metrics", Keys["produce"])).Status);
        Assert.Equal(200, (await server.SendAsync("HEAD", "/metrics", null)).Status);
        Assert.Equal(401, (await server.SendAsync("GET", "/health", null)).Status);
        Assert.Equal(401, (await server.SendAsync("GET", "/admin/kinesis", null)).Status);
    }

    [Fact]
    public async Task Audit_HasALineForEachCallOfAdministration_AndForNoOther()
    {
        await using var server = await IdentityServer.StartAsync(Folder());
        await server.SendAsync("POST", "/admin/streams/orders/policy", Keys["administer"], Policy);
        await server.SendAsync("POST", "/admin/streams/orders/policy", Keys["produce"], Policy);
        await server.SendAsync("GET", "/admin/streams/a%0Ab/policy", null);
        await server.SendAsync("POST", "/events", Keys["produce"], Record);

        // A line is written behind its answer.
        await Waiting.UntilAsync(() => Audits().Length >= 3);
        Assert.Equal(
            [
                "Audit: GET /admin/streams/a%0Ab/policy by nobody known from 127.0.0.1: 401",
                "Audit: POST /admin/streams/orders/policy by administer from 127.0.0.1: 200 {\"mode\":\"off\"}",
                "Audit: POST /admin/streams/orders/policy by produce from 127.0.0.1: 403",
            ],
            Audits().Order(StringComparer.Ordinal));

        string[] Audits() => [.. server.Log.All.Where(static l => l.Contains("Audit:", StringComparison.Ordinal))
            .Select(static l => l[l.LastIndexOf("Audit:", StringComparison.Ordinal)..].TrimEnd())];
    }

    private static IdentityFolder Folder()
    {
        var banned = IdentityFolder.Identity("banned", Keys["banned"], "produce:*", "administer:*");
        banned["banned"] = true;
        return new IdentityFolder().Write(
            banned, IdentityFolder.Identity("produce", Keys["produce"], "produce:orders"), IdentityFolder.Identity("status", Keys["status"], "status:ord*"),
            IdentityFolder.Identity("administer", Keys["administer"], "administer:*"), IdentityFolder.Identity("all", Keys["all"], "produce:*", "status:*"),
            IdentityFolder.Identity("other", Keys["other"], "produce:others", "administer:others"));
    }
}
