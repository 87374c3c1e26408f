using System.Security.Claims;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Orleans.Kpl.Administration;
using Orleans.Kpl.Http.Identities;
using Orleans.Kpl.Http.Identities.Access;
using Orleans.Kpl.Http.Identities.Quotas;
using Orleans.Kpl.Http.Reading;
using Orleans.Kpl.Http.Streaming;
using Orleans.Kpl.Http.Tests.Identities;

namespace Orleans.Kpl.Http.Tests.Streaming;

public sealed class StreamedShareTests
{
    private static readonly string Key = ApiKeyText.Create();

    private readonly FakeTimeProvider _time = new();

    [Fact]
    public async Task AWindow_BeyondTheRate_WaitsUntilTheDebtIsPaid()
    {
        using var folder = Folder(("records_per_second", 10));
        await using var store = Open(folder);
        using var share = Share(store, out var quotas);
        await share.OpenAsync(default);
        await share.EnterAsync(100, 30, isFirst: true, default);
        share.Settle();

        var next = share.EnterAsync(100, 1, isFirst: false, default).AsTask();
        Assert.False(next.IsCompleted);
        _time.Advance(TimeSpan.FromSeconds(3));
        await next;
        Assert.Equal((2, 200), (Usage(quotas).Requests, Usage(quotas).Bytes));
        Assert.Equal(0, Usage(quotas).Refused); // each look of the wait was counted as one
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task AWindow_WhoseQuotaStaysUsedUp_IsRefused(bool isFirst)
    {
        using var folder = Folder(("records_per_second", 10));
        await using var store = Open(folder);
        var context = new DefaultHttpContext();
        using var share = Share(store, out var quotas, context);
        await share.OpenAsync(default);
        await share.EnterAsync(100, 1_000, isFirst: true, default);
        share.Settle();

        var next = share.EnterAsync(100, 1, isFirst, default).AsTask();
        _time.Advance(TimeSpan.FromSeconds(5));
        var refused = await Assert.ThrowsAsync<RequestRefusedException>(() => next);
        Assert.Equal((429, "QuotaReached", 1), (refused.StatusCode, refused.Code, Usage(quotas).Refused));
        // The headers of an answer that goes on say nothing of one window.
        Assert.Equal(isFirst, context.Response.Headers.ContainsKey("Retry-After"));
    }

    /// <summary>The slot was given up before each window, and kept by streams that had sent one line only.</summary>
    [Fact]
    public async Task AStream_IsOneRequestUnderWay_FromBeforeItsFirstLineToItsEnd()
    {
        using var folder = Folder(("requests_in_flight", 1));
        await using var store = Open(folder);
        var share = Share(store, out var quotas);
        await share.OpenAsync(default);
        await share.EnterAsync(100, 1, isFirst: true, default);
        await share.EnterAsync(70, 1, isFirst: false, default);
        Assert.Equal((2, 170, 1, 0), (Usage(quotas).Requests, Usage(quotas).Bytes, Usage(quotas).RequestsInFlight, Usage(quotas).BodyBytesInFlight));

        using var second = Share(quotas, new DefaultHttpContext());
        var refused = second.OpenAsync(default).AsTask();
        _time.Advance(TimeSpan.FromSeconds(5));
        Assert.Equal("QuotaReached", (await Assert.ThrowsAsync<RequestRefusedException>(() => refused)).Code);
        share.Dispose();
        await second.OpenAsync(default);
        Assert.Equal((2, 1), (Usage(quotas).Requests, Usage(quotas).RequestsInFlight));
    }

    [Fact]
    public async Task BytesInMemory_AreHeldByTheQuota_AndGivenBack()
    {
        using var folder = Folder(("body_bytes_in_flight", 10_000));
        await using var store = Open(folder);
        using var share = Share(store, out var quotas);
        await share.OpenAsync(default);
        var other = Share(quotas, new DefaultHttpContext());
        await other.OpenAsync(default);

        Assert.True(share.TryHold(5_000, isNeeded: false, 0));
        Assert.False(share.TryHold(5_001, isNeeded: false, 0)); // half is for those that need it
        Assert.True(share.TryHold(9_000, isNeeded: true, 0));
        Assert.Equal(429, Assert.Throws<RequestRefusedException>(() => other.TryHold(1_001, isNeeded: true, 0)).StatusCode);
        Assert.Equal((9_000, 1), (Usage(quotas).BodyBytesInFlight, Usage(quotas).Refused));
        Assert.True(share.TryHold(0, isNeeded: false, 0));
        Assert.True(other.TryHold(10_000, isNeeded: true, 0));
        other.Dispose();
        Assert.Equal((0, 1), (Usage(quotas).BodyBytesInFlight, Usage(quotas).RequestsInFlight));
    }

    /// <summary>Eight connections of one identity, each with a line without end, took the memory for bodies from everybody, beyond all its quotas.</summary>
    [Fact]
    public async Task ALineWithoutEnd_TakesNoMoreMemoryThanItsIdentityMayHave()
    {
        await using var server = await IdentityServer.StartAsync(Folder(("body_bytes_in_flight", 64 << 10)));
        using var client = await LineSocket.PostAsync(server.Address, "/streams/orders/records?stream=true", headers: $"Authorization: Bearer {Key}\r\n");
        await client.SendAsync(new string('x', 100_000));
        await Waiting.UntilAsync(() => server.Bodies.Bytes == 128 << 10);
        await client.SendAsync(new string('x', 900_000));
        await client.EndAsync();

        var refused = await client.ReadAsync();
        Assert.Equal(
            (413, "line 1 is longer than the caller's quota body_bytes_in_flight of 65536"), (client.Status, refused?.GetProperty("error_message").GetString()));
        await Waiting.UntilAsync(async () => (await UsageAsync(server)) is { RequestsInFlight: 0, BodyBytesInFlight: 0, Refused: 1 });
    }

    /// <summary>The last window's bytes stayed under way for as long as the stream was open.</summary>
    [Fact]
    public async Task AnAnsweredWindow_HasNoBytesUnderWay_WhileTheStreamIsOpen()
    {
        await using var server = await IdentityServer.StartAsync(Folder(("requests_in_flight", 1)));
        using var client = await LineSocket.PostAsync(server.Address, "/streams/orders/records?stream=true", headers: $"Authorization: Bearer {Key}\r\n");
        await Waiting.UntilAsync(async () => (await UsageAsync(server)).RequestsInFlight == 1); // before any line
        await client.DeliverAsync("{\"partition_key\":\"k\",\"payload\":1}\n");
        Assert.Equal(new UsageCounts(1, 1, 34, 0, 1, 0), await UsageAsync(server));
        Assert.Equal("orders", server.Producer.Identity); // it waits for memory as that
    }

    /// <summary>Nothing of it was charged: whoever sent nonsense had no limit.</summary>
    [Fact]
    public async Task AWindowOfInvalidLinesOnly_IsCharged()
    {
        await using var server = await IdentityServer.StartAsync(Folder(("requests_in_flight", 1)));
        using var client = await LineSocket.PostAsync(server.Address, "/streams/orders/records?stream=true", headers: $"Authorization: Bearer {Key}\r\n");
        await client.SendAsync("\nnope\n");
        Assert.Equal("failed", (await client.ReadAsync())?.GetProperty("status").GetString());
        Assert.Equal(new UsageCounts(1, 0, 6, 0, 1, 0), await UsageAsync(server));
    }

    /// <summary>Nothing of it was charged until a line came that is not blank: whoever sent none had no limit.</summary>
    [Fact]
    public async Task AStreamOfBlankLinesOnly_IsCharged()
    {
        await using var server = await IdentityServer.StartAsync(Folder(("requests_in_flight", 1)));
        using var client = await LineSocket.PostAsync(server.Address, "/streams/orders/records?stream=true", headers: $"Authorization: Bearer {Key}\r\n");
        await client.SendAsync(new string('\n', 3 << 20));
        await Waiting.UntilAsync(async () => (await UsageAsync(server)).Bytes >= 2 << 20); // before it ends
        await client.SendAsync("\n");
        await client.EndAsync();
        Assert.Null(await client.ReadAsync());
        Assert.Equal((3 << 20) + 1, (await UsageAsync(server)).Bytes);
    }

    /// <summary>Longer than the bytes that an identity may have under way: what was taken is under way no more.</summary>
    [Fact]
    public async Task AStream_LongerThanItsQuotaOfBytesInFlight_IsTaken()
    {
        await using var server = await IdentityServer.StartAsync(Folder(("body_bytes_in_flight", 40_000)));
        using var client = await LineSocket.PostAsync(server.Address, "/streams/orders/records?stream=true", headers: $"Authorization: Bearer {Key}\r\n");
        for (var i = 0; i < 20; i++)
        {
            await client.SendAsync(string.Concat(Enumerable.Repeat("{\"partition_key\":\"k\",\"payload\":1}\n", 300)));
            for (var read = 0; read < 300; read++)
                Assert.Equal("delivered", (await client.ReadAsync())?.GetProperty("status").GetString());
        }
        await client.EndAsync();
        Assert.Null(await client.ReadAsync());
    }

    [Fact]
    public async Task AStream_WhoseCallerLosesItsKey_EndsWithinSeconds()
    {
        var folder = Folder(("requests_in_flight", 5));
        await using var server = await IdentityServer.StartAsync(folder);
        using var client = await LineSocket.PostAsync(server.Address, "/streams/orders/records?stream=true", headers: $"Authorization: Bearer {Key}\r\n");
        await client.DeliverAsync("{\"partition_key\":\"k\",\"payload\":1}\n");

        folder.Write(IdentityFolder.Identity("orders", ApiKeyText.Create(), "produce:*"));
        server.Store.Refresh();
        string? code = null;
        var start = TimeProvider.System.GetTimestamp();
        while (code is null && TimeProvider.System.GetElapsedTime(start) < Waiting.Long)
        {
            await client.SendAsync("{\"partition_key\":\"k\",\"payload\":1}\n");
            var line = await client.ReadAsync();
            Assert.NotNull(line);
            code = line.Value.TryGetProperty("status", out _) ? null : line.Value.GetProperty("error_code").GetString();
        }
        Assert.Equal("NotAuthenticated", code);
        Assert.True(LastingRights.Period <= TimeSpan.FromSeconds(5));
    }

    private StreamedShare Share(IdentityStore store, out IdentityQuotas quotas, HttpContext? context = null)
    {
        quotas = new IdentityQuotas(store, new QuotaShares(_time), new IngestGate(), _time);
        return Share(quotas, context ?? new DefaultHttpContext());
    }

    private StreamedShare Share(IdentityQuotas quotas, HttpContext context)
    {
        context.RequestServices = new ServiceCollection().AddSingleton(quotas).BuildServiceProvider();
        context.User = new ClaimsPrincipal(new ClaimsIdentity([new Claim(KplClaims.Identity, "orders")], "test"));
        return new StreamedShare(context, TimeSpan.FromSeconds(5), _time);
    }

    private static async Task<UsageCounts> UsageAsync(IdentityServer server)
    {
        var usage = (await server.SendAsync("GET", "/usage", Key)).Json.GetProperty("identities").EnumerateArray().FirstOrDefault();
        return usage.ValueKind == JsonValueKind.Undefined ? default : new UsageCounts(
            Of("requests"), Of("records"), Of("bytes"), Of("refused"), (int)Of("requests_in_flight"), Of("body_bytes_in_flight"));

        long Of(string name) => usage.GetProperty(name).GetInt64();
    }

    private static UsageCounts Usage(IdentityQuotas quotas) => quotas.Usage.Single().Value.Read();

    private IdentityStore Open(IdentityFolder folder) => IdentityStore.Open(folder.File, _time, NullLogger<IdentityStore>.Instance);

    private static IdentityFolder Folder((string Name, int Value) quota)
    {
        var identity = IdentityFolder.Identity("orders", Key, "produce:*");
        identity["quota"] = new JsonObject { [quota.Name] = quota.Value };
        return new IdentityFolder().Write(identity);
    }
}
