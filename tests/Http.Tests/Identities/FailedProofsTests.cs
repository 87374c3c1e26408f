using System.Diagnostics.Metrics;
using System.Net;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Orleans.Kpl.Administration;
using Orleans.Kpl.Http.Answering;
using Orleans.Kpl.Http.Guarding;
using Orleans.Kpl.Http.Identities.Access;
using Orleans.Kpl.Logging;
using Orleans.Kpl.Producer.Tests.Logging;

namespace Orleans.Kpl.Http.Tests.Identities;

/// <summary>120,000 refusals in 15 seconds left no trace, and met no limit.</summary>
public sealed class FailedProofsTests
{
    private static readonly string Key = ApiKeyText.Create();

    [Fact]
    public async Task Requests_ThatAreNotBelieved_AreCounted_AndAFewAreTold()
    {
        var folder = new IdentityFolder().Write(IdentityFolder.Identity("orders-service", Key, "produce:orders*"));
        await using var server = await IdentityServer.StartAsync(folder);
        using var counted = new Counted();
        for (var i = 0; i < 30; i++)
        {
            Assert.Equal(401, (await server.SendAsync("POST", "/streams/orders/records", "kpl_madeup00_secretsecretsecret")).Status);
            Assert.Equal(401, (await server.SendAsync("GET", "/v1/credentials", "no.jwt.either")).Status);
        }

        Assert.Equal(401, (await server.SendAsync("GET", "/admin/streams", null)).Status);
        Assert.Equal(403, (await server.SendAsync("POST", "/streams/forbidden/records", Key)).Status);
        await Waiting.UntilAsync(() => counted.Of("Forbidden") > 0);
        Assert.InRange(counted.Of("ApiKey"), 30, long.MaxValue);
        Assert.InRange(counted.Of("Token"), 30, long.MaxValue);
        Assert.InRange(counted.Of("None"), 1, long.MaxValue);
        var told = server.Log.All.Where(static l => l.Contains("was refused:", StringComparison.Ordinal)).ToList();
        Assert.Equal(EventBudget.PerMinute, told.Count);
        Assert.Contains("POST /streams/orders/records from 127.0.0.1 was refused: ApiKey, key madeup00", told[0], StringComparison.Ordinal);
        Assert.DoesNotContain(server.Log.All, static l => l.Contains("secretsecret", StringComparison.Ordinal));
    }

    [Fact]
    public async Task AccessKey_ThatIsHandedOut_IsALineOfTheAudit()
    {
        var folder = new IdentityFolder().Write(IdentityFolder.Identity("orders-service", Key, "produce:orders*"));
        await using var server = await IdentityServer.StartAsync(folder);
        var key = (await server.SendAsync("GET", "/v1/credentials", Key)).Json;
        var line = Assert.Single(server.Log.All, static l => l.Contains("Audit: access key", StringComparison.Ordinal));
        Assert.Contains($"{key.GetProperty("AccessKeyId").GetString()} for orders-service to 127.0.0.1 until", line, StringComparison.Ordinal);
        Assert.DoesNotContain(key.GetProperty("SecretAccessKey").GetString()!, line, StringComparison.Ordinal);
    }

    /// <summary>Whoever sends wrong keys without end is sent away; others of the same address who have a good one are not.</summary>
    [Fact]
    public async Task Address_ThatSendsWrongKeysWithoutEnd_IsClosed_AndWhoIsKnownThereIsNot()
    {
        var address = OwnAddress.Find();
        using var folder = new IdentityFolder().Write(IdentityFolder.Identity("orders-service", Key, "produce:*"));
        await using var front = await FrontServer.StartAsync(
            new KplHttpOptions { Address = "0.0.0.0", Port = 0, Identities = folder.File, AllowPlaintext = true });
        using var client = new HttpClient { BaseAddress = new Uri($"http://{address}:{new Uri(front.Url).Port}") };
        HttpResponseMessage answer;
        var refused = 0;
        while ((answer = await SendAsync("kpl_madeup00_secretsecretsecret")).StatusCode == HttpStatusCode.Unauthorized)
            Assert.InRange(++refused, 0, 100 * FailedProofs.Burst); // 20 a second come back meanwhile
        Assert.Equal((HttpStatusCode.TooManyRequests, true), (answer.StatusCode, answer.Headers.ConnectionClose));
        Assert.InRange(refused, FailedProofs.Burst, int.MaxValue);
        Assert.Contains("TooManyFailures", await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken), StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.Accepted, (await SendAsync(Key)).StatusCode);

        async Task<HttpResponseMessage> SendAsync(string key)
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, "/events") { Headers = { { "Authorization", $"Bearer {key}" } } };
            request.Content = new StringContent("""{"partition_key":"k","payload":1}""", null, "application/json");
            return await client.SendAsync(request, TestContext.Current.CancellationToken);
        }
    }

    /// <summary>The limit is one of failures of one address: another one has its own, and it is over after a second.</summary>
    [Fact]
    public void Address_ThatFailsTooOften_IsAnsweredWith429_ForAWhile()
    {
        var time = new FakeTimeProvider();
        using var listeners = new ListenerLog(NullLogger<ListenerLog>.Instance, time);
        using var failures = new FailedProofs(new TrustedProxies(["192.0.2.0/24"]), time, NullLogger<FailedProofs>.Instance, listeners);
        var bad = ContextOf("198.51.100.7");
        for (var i = 0; i < FailedProofs.Burst; i++)
        {
            Assert.False(failures.AreTooMany(bad));
            Assert.Null(failures.Note(bad, "ApiKey"));
        }

        Assert.True(failures.AreTooMany(bad));
        var refused = failures.Note(bad, "ApiKey")!;
        Assert.Equal((429, "TooManyFailures"), (refused.StatusCode, refused.Code));
        Assert.NotNull(refused.RetryAfter);
        Assert.Null(failures.Note(ContextOf("198.51.100.8"), "ApiKey"));
        foreach (var shared in (string[])["127.0.0.1", "192.0.2.77"]) // many clients have these
        {
            for (var i = 0; i < 2 * FailedProofs.Burst; i++)
                Assert.Null(failures.Note(ContextOf(shared), "ApiKey"));
        }

        time.Advance(TimeSpan.FromSeconds(1));
        for (var i = 0; i < FailedProofs.PerSecond; i++)
            Assert.Null(failures.Note(bad, "ApiKey"));
        Assert.NotNull(failures.Note(bad, "ApiKey"));
    }

    /// <summary>A request that was not believed cost its address nothing: what the listener threw came first.</summary>
    [Fact]
    public void Listener_ThatThrows_KeepsNoAddressFromItsLimit()
    {
        using var listener = new MeterListener
        {
            InstrumentPublished = static (instrument, l) =>
            {
                if (instrument.Meter.Name == FailedProofs.MeterName)
                    l.EnableMeasurementEvents(instrument);
            },
        };
        listener.SetMeasurementEventCallback<long>(static (_, _, tags, _) => Assert.NotEqual("Thrown", (string)tags[0].Value!));
        listener.Start();
        var (time, logs) = (new FakeTimeProvider(), new CapturedLog());
        using var told = new ListenerLog(logs.CreateLogger<ListenerLog>(), time);
        using var failures = new FailedProofs(new TrustedProxies([]), time, NullLogger<FailedProofs>.Instance, told);
        var bad = ContextOf("198.51.100.7");
        for (var i = 0; i < FailedProofs.Burst; i++)
            Assert.Null(failures.Note(bad, "Thrown"));

        Assert.True(failures.AreTooMany(bad));
        Assert.Contains(logs.Texts, static l => l.Contains("A listener of the metric AuthenticationFailures threw", StringComparison.Ordinal));
    }

    private static DefaultHttpContext ContextOf(string address)
    {
        var context = new DefaultHttpContext();
        context.Connection.RemoteIpAddress = IPAddress.Parse(address);
        return context;
    }

    /// <summary>What listeners of the meter hear; other tests of the process are heard too.</summary>
    private sealed class Counted : IDisposable
    {
        private readonly System.Collections.Concurrent.ConcurrentDictionary<string, long> _counts = new();
        private readonly MeterListener _listener = new();

        public Counted()
        {
            _listener.InstrumentPublished = (instrument, listener) =>
            {
                if (instrument.Meter.Name == "Orleans.Kpl.Http" && instrument.Name == "AuthenticationFailures")
                    listener.EnableMeasurementEvents(instrument);
            };
            _listener.SetMeasurementEventCallback<long>((_, count, tags, _) => _counts.AddOrUpdate((string)tags[0].Value!, count, (_, c) => c + count));
            _listener.Start();
        }

        public long Of(string reason) => _counts.GetValueOrDefault(reason);

        public void Dispose() => _listener.Dispose();
    }
}
