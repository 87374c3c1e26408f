using System.Net;
using System.Net.Sockets;
using Orleans.Kpl.Http.Guarding;
using Orleans.Kpl.Http.Serving;
using Orleans.Kpl.Logging;
using Orleans.Kpl.Producer.Tests.Logging;

namespace Orleans.Kpl.Http.Tests.Serving;

/// <summary>One machine could hold every connection there may be, and probes were sent away as everybody else.</summary>
/// <remarks>Tests <see cref="AddressLimit"/>, <see cref="HealthListener"/> and <see cref="TrustedProxies"/>.</remarks>
public sealed class AddressLimitTests
{
    private const int Most = 5;

    /// <summary>What one address may have is left to it, and no more, whatever it sends; when one of them goes there is room again.</summary>
    [Fact]
    public async Task Sockets_OfOneAddress_BeyondItsLimit_AreClosed_AndOthersAreServed()
    {
        var address = OwnAddress.Find();
        await using var front = await FrontServer.StartAsync(Open(o => o.MaxConnectionsPerAddress = Most));
        using var idle = new Sockets(address, new Uri(front.Url).Port);
        await idle.OpenAsync(Most);
        await idle.AssertServedAsync();
        using var more = new Sockets(address, new Uri(front.Url).Port);
        await more.OpenAsync(3);
        await more.AssertClosedAsync();
        using var local = new Sockets(IPAddress.Loopback, new Uri(front.Url).Port);
        await local.OpenAsync(Most + 1);
        await local.AssertServedAsync();

        idle.Dispose();
        await Waiting.UntilAsync(async () =>
        {
            using var next = new Sockets(address, new Uri(front.Url).Port);
            await next.OpenAsync(1);
            return await next.CountServedAsync() == 1;
        });
    }

    /// <summary>What was left out of the log in its last minute was never told.</summary>
    [Fact]
    public async Task Sockets_ThatAreClosed_AndNotToldOneByOne_AreCountedAtTheEnd()
    {
        var (address, logs) = (OwnAddress.Find(), new CapturedLog());
        await using (var front = await FrontServer.StartAsync(Open(o => o.MaxConnectionsPerAddress = 1), logs))
        {
            using var sockets = new Sockets(address, new Uri(front.Url).Port);
            await sockets.OpenAsync(1);
            await sockets.AssertServedAsync();
            using var more = new Sockets(address, new Uri(front.Url).Port);
            await more.OpenAsync(EventBudget.PerMinute + 3);
            await more.AssertClosedAsync();
        }

        Assert.Single(logs.Entries, static e => e.Line.StartsWith("3 more connections and requests of addresses that have too many were refused", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Sockets_OfAProxyThatTheSettingsName_AreNotCounted(bool isNetwork)
    {
        var address = OwnAddress.Find();
        await using var front = await FrontServer.StartAsync(Open(o =>
            (o.MaxConnectionsPerAddress, o.TrustedProxies) = (Most, [isNetwork ? $"{address}/32" : $"{address}"])));
        using var sockets = new Sockets(address, new Uri(front.Url).Port);
        await sockets.OpenAsync(Most + 3);
        await sockets.AssertServedAsync();
    }

    /// <summary>Every connection that there may be was held by sockets that send nothing, and three probes of three were closed without an answer.</summary>
    [Fact]
    public async Task Probes_AtTheirOwnPort_AreAnswered_WhileIdleSocketsHoldEveryConnection()
    {
        await using var front = await FrontServer.StartAsync(new KplHttpOptions { Port = 0, MaxConnections = Most, HealthPort = 0 });
        using var idle = new Sockets(IPAddress.Loopback, new Uri(front.Url).Port);
        await idle.OpenAsync(Most);
        await idle.AssertServedAsync();
        using var late = new Sockets(IPAddress.Loopback, new Uri(front.Url).Port);
        await late.OpenAsync(1);
        await late.AssertClosedAsync();

        foreach (var path in (string[])["/health/live", "/health/ready", "/health/live"])
        {
            var answer = await HttpAnswer.OfAsync(HttpAnswer.Client, "GET", front.HealthUrl + path);
            Assert.Equal((200, true), (answer.Status, answer.Closes));
        }
    }

    /// <summary>There is no TLS: what needs a credential must not be asked for there.</summary>
    [Theory]
    [InlineData("/health")]
    [InlineData("/events")]
    [InlineData("/metrics")]
    [InlineData("/admin/kinesis")]
    [InlineData("/")]
    public async Task HealthPort_ServesNothingElse(string path)
    {
        await using var front = await FrontServer.StartAsync(new KplHttpOptions { Port = 0, HealthPort = 0, AdminPort = 0 });
        Assert.Equal($" admin={front.AdminUrl} health={front.HealthUrl} dashboard={front.AdminUrl}/dashboard", front.ReadySuffix);
        Assert.Equal(3, new[] { front.Url, front.AdminUrl, front.HealthUrl }.Distinct().Count());
        Assert.Equal(404, (await HttpAnswer.OfAsync(HttpAnswer.Client, "GET", front.HealthUrl + path)).Status);
        Assert.Equal(404, (await HttpAnswer.OfAsync(HttpAnswer.Client, "POST", front.HealthUrl + path)).Status);
    }

    [Theory]
    [InlineData(10_000, 0, 1_000)]
    [InlineData(200, 0, 100)]
    [InlineData(200, 7, 7)]
    public void ConnectionsPerAddress_AreATenthUnlessTheyAreSet(int all, int set, int most) =>
        Assert.Equal(most, new KplHttpOptions { MaxConnections = all, MaxConnectionsPerAddress = set }.ConnectionsPerAddress);

    /// <summary>Whoever has one address of IPv6 has a network of them.</summary>
    [Theory]
    [InlineData("2001:db8::1", "2001:db8::ffff:2", true)]
    [InlineData("2001:db8::1", "2001:db8:0:1::1", false)]
    [InlineData("198.51.100.7", "::ffff:198.51.100.7", true)]
    [InlineData("198.51.100.7", "198.51.100.8", false)]
    public void KeyOf_AnAddress_IsThatOfWhoeverHasIt(string one, string other, bool isSame) =>
        Assert.Equal(isSame, TrustedProxies.KeyOf(IPAddress.Parse(one)).Equals(TrustedProxies.KeyOf(IPAddress.Parse(other))));

    [Theory]
    [InlineData("10.1.2.3", true)]
    [InlineData("::ffff:10.1.2.3", true)]
    [InlineData("10.2.0.1", false)]
    [InlineData("2001:db8::7", true)]
    [InlineData("2001:db8::8", false)]
    [InlineData("127.0.0.9", true)]
    [InlineData("::1", true)]
    public void Has_IsOfTheNetworksThatAreNamed_AndOfLoopback(string remote, bool has) =>
        Assert.Equal(has, new TrustedProxies(["10.1.0.0/16", "2001:db8::7"]).Has(IPAddress.Parse(remote)));

    [Theory]
    [InlineData("10.0.0.0/8", true)]
    [InlineData("10.0.0.1", true)]
    [InlineData("fd00::/8", true)]
    [InlineData("10.0.0.0/33", false)]
    [InlineData("proxy", false)]
    [InlineData("", false)]
    public void Entry_IsAnAddressOrANetwork(string entry, bool isFit)
    {
        Assert.Equal(isFit, TrustedProxies.IsFit(entry));
        Assert.Equal(isFit, KplHttpOptionsValidator.Validate(new KplHttpOptions { TrustedProxies = [entry] }).Count == 0);
    }

    private static KplHttpOptions Open(Action<KplHttpOptions> configure)
    {
        var options = new KplHttpOptions { Address = "0.0.0.0", Port = 0, AllowAnonymous = true };
        configure(options);
        return options;
    }

    private sealed class Sockets(IPAddress address, int port) : IDisposable
    {
        private readonly List<Socket> _all = [];

        public async Task OpenAsync(int count)
        {
            for (var i = 0; i < count; i++)
            {
                var socket = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
                _all.Add(socket);
                try
                {
                    await socket.ConnectAsync(address, port, TestContext.Current.CancellationToken);
                }
                catch (SocketException e) when (e.SocketErrorCode == SocketError.ConnectionReset)
                {
                    // It was closed before this thread learned that it was open; it is not served.
                }
            }
        }

        public async Task AssertServedAsync() => Assert.Equal(_all.Count, await CountServedAsync());

        public async Task AssertClosedAsync() => Assert.Equal(0, await CountServedAsync());

        public async Task<int> CountServedAsync()
        {
            var served = 0;
            foreach (var socket in _all)
            {
                try
                {
                    await socket.SendAsync("GET /health/live HTTP/1.1\r\nHost: x\r\n\r\n"u8.ToArray());
                    served += await socket.ReceiveAsync(new byte[1_024]) > 0 ? 1 : 0;
                }
                catch (SocketException)
                {
                    // It was closed.
                }
            }

            return served;
        }

        public void Dispose() => _all.ForEach(static s => s.Dispose());
    }
}
