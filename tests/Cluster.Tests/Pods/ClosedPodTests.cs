using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Orleans.Kpl.Deploy.Tests.Packages;

namespace Orleans.Kpl.Cluster.Tests.Pods;

/// <summary>A release with <c>security: closed</c>: two pods with its Secrets as files, TLS on every port, and callers with keys.</summary>
[Trait("Category", "Long")]
public sealed class ClosedPodTests(DynamoDbLocal dynamoDb)
{
    private const string Security = """
        security: closed
        tls: {secretName: t-http, siloSecretName: t-silo, siloNames: [silo.example], adminKeySecretName: t-admin}
        identities: {secretName: t-identities}
        """;

    [PosixFact]
    public async Task TwoPods_WithTheirSecrets_TakeRecordsOfWhoHasAKey()
    {
        PodConfinement.Need();
        using var silos = new TestAuthority("Silos");
        using var web = new TestAuthority("Web");
        using var secrets = new PodSecrets();
        secrets.WriteTls("http", web.Issue("127.0.0.1"), web.Pem);
        secrets.WriteTls("silo", silos.Issue("silo.example"), silos.Pem);
        secrets.Write("admin", "keys", Convert.ToBase64String(RandomNumberGenerator.GetBytes(32)));
        var (identities, key) = await MakeKeyAsync();
        secrets.Write("identities", "identities.json", identities);
        await using var cluster = await SiloCluster.CreateAsync(dynamoDb, "none", ["events=2"]);
        var rendered = PodStandIn.RenderOf(Deploy.Tests.Chart.Folder, cluster, ["Http: {DrainDelay: 1s}"], Security);

        var place = new PodLocation(IsConfined: true, Secrets: secrets.Folder);
        await using var first = await PodStandIn.StartReadyAsync(rendered, place);
        await using var second = await PodStandIn.StartReadyAsync(rendered, place);

        foreach (var pod in new[] { first, second })
        {
            Assert.Equal("https", pod.Http.BaseAddress!.Scheme);
            using var http = Client(pod.Http.BaseAddress, web.Certificate);
            foreach (var probe in new[] { "livenessProbe", "readinessProbe" })
            {
                using var probed = await http.GetAsync(rendered.Silo.Text($"{probe}.httpGet.path"), TestContext.Current.CancellationToken);
                Assert.Equal(200, (int)probed.StatusCode);
            }

            Assert.Equal(401, await PutAsync(http));
            http.DefaultRequestHeaders.Add("X-Api-Key", key);
            Assert.Equal(200, await PutAsync(http));
        }

        foreach (var pod in new[] { first, second })
        {
            pod.Signal(Signals.Terminate);
            var (code, output, log) = await pod.ExitAsync();
            Assert.True(code == 0, string.Join('\n', log));
            Assert.StartsWith("drained delivered=", output[^1], StringComparison.Ordinal);
        }
    }

    /// <summary>As the page of identities tells: the command writes the file, and shows the key once.</summary>
    private static async Task<(string Identities, string Key)> MakeKeyAsync()
    {
        using var folder = new TemporaryFolder();
        var file = Path.Combine(folder.Path, "identities.json");
        var (code, text) = await Dotnet.TryAsync(
            "dotnet", folder.Path, Checkout.Built("Orleans.Kpl.Cli", "kpl.dll"), "key", "new", "orders", "--file", file, "--grant", "produce:*");
        Assert.True(code == 0, text);
        return (await File.ReadAllTextAsync(file, TestContext.Current.CancellationToken),
            text.Split('\n').Select(static l => l.Trim()).Single(static l => l.StartsWith("kpl_", StringComparison.Ordinal)));
    }

    private static HttpClient Client(Uri address, X509Certificate2 root) =>
        new(TestAuthority.Trusting(root)) { BaseAddress = address, Timeout = Waiting.Long };

    private static async Task<int> PutAsync(HttpClient http)
    {
        using var record = new StringContent("""[{"partition_key":"k","payload":1}]""", null, "application/json");
        using var answer = await http.PostAsync("/streams/events/records", record, TestContext.Current.CancellationToken);
        return (int)answer.StatusCode;
    }
}
