using System.Net;
using System.Net.Sockets;
using Orleans.Kpl.Grains.Tests.Tiers;
using Orleans.Kpl.Silos;

namespace Orleans.Kpl.Client.Tests.Connections;

/// <summary>Silos and clients that show each other certificates.</summary>
public sealed class MutualTlsTests
{
    [Fact]
    public async Task TwoSilosAndAClient_WithCertificates_DeliverThroughBoth()
    {
        await using var tier = await TlsTier.StartAsync();
        var client = await tier.ConnectAsync();
        var records = ClientTier.Records(4_000);
        var results = await PutAsync(client.Services.GetRequiredService<IKplProducer>(), records);
        Assert.All(results, r => Assert.True(r.IsSuccess, r.ToString()));
        TierRecords.AssertVisible(tier.Kinesis, TlsTier.Stream, records, results);
        Assert.All(tier.Silos, static s => Assert.Equal(2, s.Services.GetRequiredService<SiloNode>().Silos.Owners.Count));
    }

    [Fact]
    public async Task Ports_TakeOnlyWhomTheirOwnRootsHaveSigned()
    {
        await using var tier = await TlsTier.StartAsync();
        using var foreign = new TestAuthority("Clients");
        var (silo, client, unknown) = (tier.SiloRoot.Issue("silo"), tier.ClientRoot.Issue("client"), foreign.Issue("client"));
        (IPEndPoint Port, string? Own, bool IsTaken)[] cases =
        [
            (tier.GatewayPort(0), client, true), (tier.GatewayPort(0), silo, false), (tier.GatewayPort(0), unknown, false), (tier.GatewayPort(0), null, false),
            (tier.SiloPort(0), silo, true), (tier.SiloPort(0), client, false), (tier.SiloPort(0), unknown, false), (tier.SiloPort(0), null, false),
        ];
        foreach (var (port, own, isTaken) in cases)
            Assert.True(isTaken == (await tier.TryConnectAsync(port, own) is not null), $"{port}, {Array.IndexOf(cases, (port, own, isTaken))}");

        // Without TLS nothing is answered: the connection ends.
        foreach (var port in new[] { tier.GatewayPort(0), tier.SiloPort(0) })
        {
            using var plain = new TcpClient();
            await plain.ConnectAsync(port, TestContext.Current.CancellationToken);
            await plain.GetStream().WriteAsync(new byte[64], TestContext.Current.CancellationToken);
            Assert.True(await EndsAsync(plain.GetStream()));
        }
    }

    [Fact]
    public async Task Certificates_ReplacedUnderLoad_FailNoRecord()
    {
        await using var tier = await TlsTier.StartAsync();
        var producer = (await tier.ConnectAsync()).Services.GetRequiredService<IKplProducer>();
        using var stop = new CancellationTokenSource();
        var delivered = 0;
        var failed = 0;
        var load = Task.Run(async () =>
        {
            while (!stop.IsCancellationRequested)
            {
                foreach (var result in await PutAsync(producer, ClientTier.Records(100)))
                    Interlocked.Increment(ref result.IsSuccess ? ref delivered : ref failed);
            }
        });
        await Waiting.UntilAsync(() => Volatile.Read(ref delivered) > 500);

        var next = tier.SiloRoot.Issue("next");
        tier.Folder.Write("silo.pem", next);
        tier.Refresh();
        using var shown = await tier.TryConnectAsync(tier.GatewayPort(0), tier.ClientRoot.Issue("client"));
        Assert.Equal("CN=next", shown!.Subject);

        tier.Folder.Write("silo.pem", "no certificate");
        tier.Refresh();
        var before = Volatile.Read(ref delivered);
        await Waiting.UntilAsync(() => Volatile.Read(ref delivered) > before + 500);
        await tier.ConnectAsync();
        await stop.CancelAsync();
        await load.WaitAsync(Waiting.Long);
        Assert.Equal(0, failed);
    }

    [Fact]
    public void Client_WhoseFilesCannotBeUsed_NamesEachSetting()
    {
        using var folder = new DeployedFolder();
        var file = folder.Write("own", "nothing");
        var services = new ServiceCollection();
        var error = Assert.Throws<KplOptionsException>(() => services.AddKplCluster(
            static _ => { }, c => (c.CertificateFile, c.SiloCaCertFile) = (file, folder.PathOf("missing"))));
        Assert.Equal(2, error.Errors.Count);
        Assert.Contains(error.Errors, e => e.StartsWith($"Kpl:Cluster:CertificateFile '{file}' ", StringComparison.Ordinal));
        Assert.Contains(error.Errors, static e => e.StartsWith("Kpl:Cluster:SiloCaCertFile '", StringComparison.Ordinal));
    }

    private static async Task<RecordResult[]> PutAsync(IKplProducer producer, UserRecord[] records) =>
        await producer.PutAsync(TlsTier.Stream, records).AsTask().WaitAsync(Waiting.Long);

    private static async Task<bool> EndsAsync(NetworkStream stream)
    {
        var buffer = new byte[256];
        try
        {
            // TLS may send an alert first.
            while (await stream.ReadAsync(buffer, TestContext.Current.CancellationToken).AsTask().WaitAsync(Waiting.Long) > 0)
            {
            }
        }
        catch (IOException)
        {
            // Cut off.
        }
        return true;
    }
}
