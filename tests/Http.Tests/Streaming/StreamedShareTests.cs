using System.Security.Claims;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Orleans.Kpl.Administration;
using Orleans.Kpl.Http.Identities;
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
        await share.EnterAsync(100, isFirst: true, default);
        share.CountRecords(30);

        var next = share.EnterAsync(100, isFirst: false, default).AsTask();
        Assert.False(next.IsCompleted);
        _time.Advance(TimeSpan.FromSeconds(3));
        await next;
        Assert.Equal((2, 1, 100), (Usage(quotas).Requests, Usage(quotas).RequestsInFlight, Usage(quotas).BodyBytesInFlight));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task AWindow_WhoseQuotaStaysUsedUp_IsRefused(bool isFirst)
    {
        using var folder = Folder(("records_per_second", 10));
        await using var store = Open(folder);
        var context = new DefaultHttpContext();
        using var share = Share(store, out _, context);
        await share.EnterAsync(100, isFirst: true, default);
        share.CountRecords(1_000);

        var next = share.EnterAsync(100, isFirst, default).AsTask();
        _time.Advance(TimeSpan.FromSeconds(5));
        var refused = await Assert.ThrowsAsync<RequestRefusedException>(() => next);
        Assert.Equal((429, "QuotaReached"), (refused.StatusCode, refused.Code));
        // The headers of an answer that goes on say nothing of one window.
        Assert.Equal(isFirst, context.Response.Headers.ContainsKey("Retry-After"));
    }

    [Fact]
    public async Task Disposing_GivesBackWhatTheLastWindowHad()
    {
        using var folder = Folder(("requests_in_flight", 1));
        await using var store = Open(folder);
        var share = Share(store, out var quotas);
        await share.EnterAsync(100, isFirst: true, default);
        await share.EnterAsync(70, isFirst: false, default); // it takes the place of the first
        Assert.Equal((1, 70L), (Usage(quotas).RequestsInFlight, Usage(quotas).BodyBytesInFlight));
        share.Dispose();
        Assert.Equal((0, 0L, 170L), (Usage(quotas).RequestsInFlight, Usage(quotas).BodyBytesInFlight, Usage(quotas).Bytes));
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

    /// <summary>How many lines come together is nothing that a client chooses: alone they pass, however small the quota is.</summary>
    [Fact]
    public async Task AWindow_LargerThanTheQuotaOfBytesInFlight_PassesWhereNothingElseIsUnderWay()
    {
        using var folder = Folder(("body_bytes_in_flight", 2_000));
        await using var store = Open(folder);
        using var share = Share(store, out var quotas);
        await share.EnterAsync(100_000, isFirst: true, default);
        Assert.True(quotas.TryEnter("neighbour", 1_000, out _, out _));
        Assert.False(quotas.TryEnter("orders", 1, out _, out var refused));
        Assert.False(refused.IsForGood);
    }

    [Fact]
    public async Task AStream_OfAnIdentity_WaitsForMemoryAsThatIdentity()
    {
        await using var server = await IdentityServer.StartAsync(Folder(("requests_in_flight", 5)));
        using var client = await LineSocket.PostAsync(server.Address, "/streams/orders/records?stream=true", headers: $"Authorization: Bearer {Key}\r\n");
        await client.SendAsync("{\"partition_key\":\"k\",\"payload\":1}\n");
        Assert.Equal("delivered", (await client.ReadAsync())?.GetProperty("status").GetString());
        Assert.Equal("orders", server.Producer.Identity);
    }

    [Fact]
    public async Task AStream_WhoseCallerLosesItsKey_EndsWithinSeconds()
    {
        var folder = Folder(("requests_in_flight", 5));
        await using var server = await IdentityServer.StartAsync(folder);
        using var client = await LineSocket.PostAsync(server.Address, "/streams/orders/records?stream=true", headers: $"Authorization: Bearer {Key}\r\n");
        await client.SendAsync("{\"partition_key\":\"k\",\"payload\":1}\n");
        Assert.Equal("delivered", (await client.ReadAsync())?.GetProperty("status").GetString());

        folder.Write(IdentityFolder.FileOf(IdentityFolder.Identity("orders", ApiKeyText.Create(), "produce:*")));
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
        Assert.True(StreamedShare.Period <= TimeSpan.FromSeconds(5));
    }

    private StreamedShare Share(IdentityStore store, out IdentityQuotas quotas, HttpContext? context = null)
    {
        quotas = new IdentityQuotas(store, new QuotaShares(_time), new IngestGate(), _time);
        context ??= new DefaultHttpContext();
        context.RequestServices = new ServiceCollection().AddSingleton(quotas).BuildServiceProvider();
        context.User = new ClaimsPrincipal(new ClaimsIdentity([new Claim(KplClaims.Identity, "orders")], "test"));
        return new StreamedShare(context, TimeSpan.FromSeconds(5), _time);
    }

    private static UsageCounts Usage(IdentityQuotas quotas) => quotas.Usage.Single().Value.Read();

    private IdentityStore Open(IdentityFolder folder) => IdentityStore.Open(folder.File, _time, NullLogger<IdentityStore>.Instance);

    private static IdentityFolder Folder((string Name, int Value) quota)
    {
        var identity = IdentityFolder.Identity("orders", Key, "produce:*");
        identity["quota"] = new JsonObject { [quota.Name] = quota.Value };
        return new IdentityFolder().Write(IdentityFolder.FileOf(identity));
    }
}
