using System.Net.Security;
using System.Security.Cryptography;
using System.Text;

namespace Orleans.Kpl.Cluster.Tests;

/// <summary>Silos that are processes, with TLS on every port and certificates in files, and a client beside them.</summary>
[Trait("Category", "Long")]
public sealed class TlsClusterTests(DynamoDbLocal dynamoDb)
{
    private const string Body = """{"partition_key":"k","payload":1}""";

    [PosixFact]
    public async Task TwoSilos_WithTls_TakeRecordsOfClientsAndOfHttps_AndAdministrationWithTheKey()
    {
        using var folder = new DeployedFolder();
        using var silos = new TestAuthority("Silos");
        using var clients = new TestAuthority("Clients");
        using var web = new TestAuthority("Web");
        var (siloRoots, clientRoots) = (folder.Write("silos.crt", silos.Pem), folder.Write("clients.crt", clients.Pem));
        var keys = folder.Write("admin.keys", Convert.ToBase64String(RandomNumberGenerator.GetBytes(32)));
        await using var cluster = await SiloCluster.CreateAsync(dynamoDb, "none", ["events=4"],
            $"--Kpl:Cluster:CertificateFile={folder.Write("silo.pem", silos.Issue("silo"))}", $"--Kpl:Cluster:SiloCaCertFile={siloRoots}",
            $"--Kpl:Cluster:ClientCaCertFile={clientRoots}", $"--Kpl:Cluster:AdminKeyFile={keys}",
            $"--Kpl:Http:CertificateFile={folder.Write("http.pem", web.Issue("127.0.0.1"))}");
        (cluster.Options.CertificateFile, cluster.Options.SiloCaCertFile) = (folder.Write("client.pem", clients.Issue("client")), siloRoots);
        cluster.Options.AdminKeyFile = keys;
        var running = await Task.WhenAll(cluster.StartSiloAsync(), cluster.StartSiloAsync());

        await using var client = await ClientHost.StartAsync(cluster.Options);
        var records = Enumerable.Range(0, 200).Select(static i => UserRecord.FromText($"key-{i}", "text")).ToArray();
        var results = await client.Producer.PutAsync("events", records).AsTask().WaitAsync(Waiting.Long);
        Assert.All(results, static r => Assert.True(r.IsSuccess, r.ToString()));
        var admin = ((KplClusterProducer)client.Producer).Admin;
        // Both silos own shards: each knows of the other, through a silo port with TLS and a secret in the table.
        await Waiting.UntilAsync(async () =>
        {
            var overview = await admin.GetOverviewAsync("events", TestContext.Current.CancellationToken);
            return overview.Shards.Select(static s => s.OwnerSilo).OfType<string>().Distinct().Count() == 2;
        });

        foreach (var silo in running)
        {
            Assert.StartsWith("https://127.0.0.1:", silo.Http.BaseAddress!.AbsoluteUri, StringComparison.Ordinal);
            using var http = new HttpClient(new SocketsHttpHandler
            {
                SslOptions = new SslClientAuthenticationOptions { RemoteCertificateValidationCallback = static (_, shown, _, _) => shown is not null },
            });
            using var content = new StringContent(Body, Encoding.UTF8, "application/json");
            using var answer = await http.PostAsync(new Uri(silo.Http.BaseAddress, "/events/confirmed"), content, TestContext.Current.CancellationToken);
            Assert.Equal(200, (int)answer.StatusCode);
        }
    }
}
