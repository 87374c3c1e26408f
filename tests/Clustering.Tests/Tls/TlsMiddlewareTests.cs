using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using Orleans.Kpl.Certificates;
using Orleans.Kpl.Clustering.Tls;

namespace Orleans.Kpl.Clustering.Tests.Tls;

public sealed class TlsMiddlewareTests
{
    private static readonly byte[] Hello = [1, 2, 3];
    private static readonly DateTimeOffset Then = new(2021, 1, 1, 0, 0, 0, TimeSpan.Zero);

    [Fact]
    public async Task Lines_OfWhomTheRootsHaveSigned_CarryWhatIsSent_AtAddressesOfBothKinds()
    {
        await using var world = new TlsWorld();
        foreach (var address in new[] { IPAddress.Loopback, IPAddress.IPv6Loopback })
        {
            var port = world.Serve(address: address);
            await ExchangeAsync(await world.CallAsync(port.Address), await port.NextAsync());
        }
        Assert.Empty(world.Failures);
    }

    [Fact]
    public async Task Port_WhomItsOwnRootHasNotSigned_IsRefused_AndTheLogSaysWhy()
    {
        await using var world = new TlsWorld();
        using var foreign = new TestAuthority("Silos");
        var old = world.SiloRoot.Issue(Then, Then.AddYears(1), "old");
        (TlsSide Side, TlsStore Caller, string? Reason)[] cases =
        [
            (TlsSide.SiloPort, world.Open("silo-2"), null),
            (TlsSide.Gateway, world.Open("client", world.ClientRoot.Issue("client")), null),
            (TlsSide.SiloPort, world.Open("client", world.ClientRoot.Issue("client")), "'CN=client' is not believed"),
            (TlsSide.Gateway, world.Open("silo-2"), "'CN=silo-2' is not believed"),
            (TlsSide.SiloPort, world.Open("stranger", foreign.Issue("stranger")), "'CN=stranger' is not believed"),
            (TlsSide.Gateway, world.Open("stranger", foreign.Issue("stranger")), "'CN=stranger' is not believed"),
            // It was read while it was good: nobody begins to show one whose time has ended.
            (TlsSide.SiloPort, world.Open("old", old, Then.AddDays(1)), "'CN=old' is not believed: NotTimeValid"),
        ];
        foreach (var (side, caller, reason) in cases)
        {
            var port = world.Serve(side);
            var before = world.Failures.Count();
            var calling = await world.CallAsync(port.Address, caller);
            var served = await port.NextAsync();
            Assert.Equal(reason is null, await served.Up is not null);
            if (reason is null)
                await ExchangeAsync(calling, served);
            else
                Assert.Contains(reason, Assert.Single(world.Failures.Skip(before)), StringComparison.Ordinal);
            if (reason is not null)
                await served.Ended.WaitAsync(Waiting.Long);
        }
    }

    [Fact]
    public async Task Caller_OfAPortThatNoRootOfSilosHasSigned_Refuses()
    {
        await using var world = new TlsWorld();
        using var foreign = new TestAuthority("Silos");
        foreach (var own in new[] { foreign.Issue("impostor"), world.ClientRoot.Issue("impostor") })
        {
            var port = world.Serve(store: world.Open("impostor", own));
            var calling = await world.CallAsync(port.Address);
            Assert.Null(await calling.Up);
            await calling.Ended.WaitAsync(Waiting.Long);
            // The port may have taken the caller before it heard that it was refused.
            var served = await port.NextAsync();
            served.HangUp();
            await served.Ended.WaitAsync(Waiting.Long);
            Assert.Contains(world.Failures, static f => f.Contains("'CN=impostor' is not believed", StringComparison.Ordinal));
        }
    }

    [Fact]
    public async Task Certificate_OfTheRightRoot_WithAnotherName_IsRefusedByEachSide()
    {
        await using var world = new TlsWorld { Names = (["silo.example"], ["spiffe://example.com/orders"]) };
        var silo = world.Open("named", world.SiloRoot.Issue("silo.example"));
        var other = world.Open("unnamed", world.SiloRoot.Issue("metrics.example"));
        var client = world.Open("client", world.ClientRoot.Issue("spiffe://example.com/orders"));
        var another = world.Open("another", world.ClientRoot.Issue("spiffe://example.com/bills"));
        (TlsSide Side, TlsStore Port, TlsStore Caller, string? Reason)[] cases =
        [
            (TlsSide.SiloPort, silo, silo, null), (TlsSide.Gateway, silo, client, null),
            (TlsSide.SiloPort, silo, other, "is for metrics.example, and Kpl:Cluster:SiloNames is silo.example"),
            (TlsSide.Gateway, silo, another, "is for spiffe://example.com/bills, and Kpl:Cluster:ClientNames is spiffe://example.com/orders"),
            // The caller refuses; a port that has heard nothing of it may take the line for a moment.
            (TlsSide.SiloPort, other, silo, "is for metrics.example, and Kpl:Cluster:SiloNames is silo.example"),
            (TlsSide.Gateway, other, client, "is for metrics.example, and Kpl:Cluster:SiloNames is silo.example"),
        ];
        foreach (var (side, store, caller, reason) in cases)
        {
            var port = world.Serve(side, store);
            var calling = await world.CallAsync(port.Address, caller);
            var served = await port.NextAsync();
            if (reason is null)
            {
                await ExchangeAsync(calling, served);
                continue;
            }
            Assert.Null(await (store == other ? calling : served).Up);
            Assert.Contains(world.Failures, f => f.EndsWith(reason, StringComparison.Ordinal));
        }
    }

    [Fact]
    public async Task Certificate_ThatNamesAnAddress_HasNobodyFetchIt()
    {
        await using var world = new TlsWorld();
        using var foreign = new TestAuthority("Strangers");
        using var named = new SilentEndpoint();
        var stranger = world.Open("stranger", foreign.IssueNaming(new Uri(named.Url, "/secret"), "stranger"));
        foreach (var side in new[] { TlsSide.SiloPort, TlsSide.Gateway })
        {
            var port = world.Serve(side);
            await world.CallAsync(port.Address, stranger);
            Assert.Null(await (await port.NextAsync()).Up);
        }
        Assert.Null(await (await world.CallAsync(world.Serve(store: stranger).Address)).Up);
        Assert.False(named.WasCalled);
    }

    [Fact]
    public async Task Peers_ThatNeverEndTheirHandshake_HoldNoThread_AndAreCutOffInTime()
    {
        await using var world = new TlsWorld();
        var port = world.Serve();
        const int Peers = 300;
        var silent = new List<Socket>();
        var lines = new List<TlsLine>();
        for (var i = 0; i < Peers; i++)
        {
            silent.Add(await ConnectAsync(port));
            lines.Add(await port.NextAsync());
            // One in two begins a message of TLS that never ends.
            if (i % 2 == 0)
                await silent[i].SendAsync(new byte[] { 22, 3, 1, 2, 0, 1, 0 }, TestContext.Current.CancellationToken);
        }
        await ExchangeAsync(await world.CallAsync(port.Address), await port.NextAsync());
        Assert.True(ThreadPool.ThreadCount < Peers / 2, $"{ThreadPool.ThreadCount} threads");
        Assert.All(lines, static l => Assert.False(l.Ended.IsCompleted));

        world.Time.Advance(TlsMiddleware.HandshakeTimeout);
        await Task.WhenAll(lines.Select(static l => l.Ended)).WaitAsync(Waiting.Long);
        Assert.All(lines, static l => Assert.Null(l.Up.Result));
        foreach (var socket in silent)
            await AssertEndsAsync(socket);
        Assert.Equal(10, world.Failures.Count(static f => f.EndsWith("it did not end within 10 s", StringComparison.Ordinal)));
        world.Time.Advance(TimeSpan.FromMinutes(1));
        Assert.Contains(world.Failures, static f => f == $"TLS failed {Peers - 10} more times within a minute");
    }

    /// <summary>Each had its ten seconds, and nobody counted them.</summary>
    [Theory]
    [InlineData("silos")]
    [InlineData("clients")]
    public async Task Handshakes_BeyondTheMost_TakeThePlaceOfTheOldest_AndLinesThatAreUpStay(string of)
    {
        await using var world = new TlsWorld();
        var port = world.Serve(of == "silos" ? TlsSide.SiloPort : TlsSide.Gateway, mostHandshakes: 3);
        var store = of == "silos" ? world.Open("caller") : world.Open("client", world.ClientRoot.Issue("client"));
        var (calling, served) = (await world.CallAsync(port.Address, store), await port.NextAsync());
        await ExchangeAsync(calling, served);
        var silent = new List<Socket>();
        var lines = new List<TlsLine>();
        for (var i = 0; i < 5; i++)
        {
            silent.Add(await ConnectAsync(port));
            lines.Add(await port.NextAsync());
        }

        await Task.WhenAll(lines[..2].Select(static l => l.Ended)).WaitAsync(Waiting.Long);
        await ExchangeAsync(await world.CallAsync(port.Address, store), await port.NextAsync());
        await lines[2].Ended.WaitAsync(Waiting.Long);
        Assert.All(lines[3..], static l => Assert.False(l.Ended.IsCompleted));
        await ExchangeAsync(calling, served);
        Assert.Equal(3, world.Failures.Count());
        silent.ForEach(static s => s.Dispose());
    }

    [Fact]
    public async Task Peer_ThatSpeaksClearText_OrHangsUpInTheMiddle_IsCutOffAtOnce()
    {
        await using var world = new TlsWorld();
        var port = world.Serve();
        (byte[] Bytes, bool HangsUp)[] cases =
        [
            ("GET / HTTP/1.1\r\n\r\n"u8.ToArray(), false), (RandomNumberGenerator.GetBytes(100_000), false), ([], true),
            ([22, 3, 1, 2, 0, 1, 0], true),
        ];
        foreach (var (bytes, hangsUp) in cases)
        {
            using var socket = await ConnectAsync(port);
            var line = await port.NextAsync();
            await socket.SendAsync(bytes, TestContext.Current.CancellationToken);
            if (hangsUp)
                socket.Close(0);
            await line.Ended.WaitAsync(Waiting.Long);
            Assert.Null(await line.Up);
        }
        Assert.Equal(cases.Length, world.Failures.Count());
        await ExchangeAsync(await world.CallAsync(port.Address), await port.NextAsync());
    }

    [Fact]
    public async Task Certificate_ThatChanges_IsShownToNewLines_AndLeavesOthersAlone()
    {
        await using var world = new TlsWorld();
        var store = world.Open("silo");
        var port = world.Serve(store: store);
        var (calling, served) = (await world.CallAsync(port.Address), await port.NextAsync());
        await ExchangeAsync(calling, served);

        using var next = new TestAuthority("Next");
        world.Folder.Write("silo", next.Issue("next"));
        world.Folder.Write("silos.crt", next.Pem);
        store.Refresh();
        await ExchangeAsync(calling, served);
        // The caller knows the former root alone, and the port believes the next one.
        Assert.Null(await (await world.CallAsync(port.Address)).Up);
        Assert.Contains(world.Failures, static f => f.Contains("'CN=next' is not believed", StringComparison.Ordinal));
        await ExchangeAsync(calling, served);
    }

    [Fact]
    public async Task Lines_With31MiBBothWaysAtOnce_CarryThem()
    {
        await using var world = new TlsWorld();
        var port = world.Serve();
        var (calling, served) = (await world.CallAsync(port.Address), await port.NextAsync());
        var (there, back) = (RandomNumberGenerator.GetBytes(31 << 20), RandomNumberGenerator.GetBytes(31 << 20));
        var (received, answered) = (served.ReceiveAsync(there.Length), calling.ReceiveAsync(back.Length));
        await Task.WhenAll(calling.SendAsync(there), served.SendAsync(back), received, answered);
        Assert.True((await received).SequenceEqual(there));
        Assert.True((await answered).SequenceEqual(back));
    }

    [Fact]
    public async Task Line_WhoseOtherSideEndsItsHalf_IsToldOfTheEnd_AndMayStillSend()
    {
        await using var world = new TlsWorld();
        var port = world.Serve();
        var socket = await ConnectAsync(port);
        var (calling, served) = (world.Call(socket), await port.NextAsync());
        await ExchangeAsync(calling, served);
        socket.Shutdown(SocketShutdown.Send);
        Assert.Empty(await served.ReceiveAsync(1));
        await served.SendAsync(Hello);
        Assert.Equal(Hello, await calling.ReceiveAsync(Hello.Length));
        served.HangUp();
        await served.Ended.WaitAsync(Waiting.Long);
    }

    private static async Task ExchangeAsync(TlsLine one, TlsLine other)
    {
        await one.SendAsync(Hello);
        Assert.Equal(Hello, await other.ReceiveAsync(Hello.Length));
        await other.SendAsync(Hello);
        Assert.Equal(Hello, await one.ReceiveAsync(Hello.Length));
    }

    private static async Task<Socket> ConnectAsync(TlsPort port)
    {
        var socket = new Socket(port.Address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(port.Address, TestContext.Current.CancellationToken);
        return socket;
    }

    private static async Task AssertEndsAsync(Socket socket)
    {
        using (socket)
        {
            try
            {
                Assert.Equal(0, await socket.ReceiveAsync(new byte[1], TestContext.Current.CancellationToken).AsTask().WaitAsync(Waiting.Long));
            }
            catch (SocketException)
            {
                // Cut off.
            }
        }
    }
}
