using System.Net.Http.Headers;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Orleans.Kpl.Deploy.Tests.Packages;
using Orleans.Kpl.Deploy.Tests.Running;

namespace Orleans.Kpl.Cluster.Tests.Pods;

/// <summary>
/// The containers of the compose file and of the ECS template, with their environment, command, health check and time to stop, and confined as they are.
/// Ports are free ones, and endpoints of tests stand for AWS.
/// </summary>
[Trait("Category", "Long")]
public sealed partial class ContainerTests
{
    private const string Stream = "events";

    private static readonly string Kpl = Checkout.Built("Orleans.Kpl.Cli", "kpl.dll");

    [PosixFact]
    public async Task Compose_StartsTwoSilosOfOneCluster_ThatTakeRecords_AndStopInTheirTime()
    {
        await using var dynamoDb = DynamoDbLocal.InFiles();
        var tables = await dynamoDb.UrlAsync();
        var compose = YamlMap.Parse(Read("deploy/compose/compose.yaml"))[0];
        await using var tier = ServerProcess.Start(
            "dotnet",
            [
                Checkout.Built("Orleans.Kpl.Local", "Orleans.Kpl.Local.dll"), .. compose.Texts("services.kinesis.command"), "--http-port", "0",
                "--kinesis-port", "0",
            ]);
        var ready = TierReady().Match(await tier.Output.FirstAsync(static _ => true, TestContext.Current.CancellationToken));
        Assert.True(ready.Success, tier.Log.ToString());
        await AssertHealthyAsync(compose.Texts("services.kinesis.healthcheck.test"), ready.Groups[1].Value);

        await using var first = await StartAsync("silo-1");
        await using var second = await StartAsync("silo-2");
        PodStandIn[] silos = [first, second];
        var options = new KplClusterOptions { Membership = ClusterMembership.DynamoDb, DynamoDb = { ServiceUrl = tables } };
        await using (var connection = await ClusterConnection.OpenAsync(options))
            await Waiting.UntilAsync(async () => (await connection.ActiveSilosAsync()).Count == silos.Length);
        for (var i = 0; i < silos.Length; i++)
        {
            await AssertHealthyAsync(compose.Texts($"services.silo-{i + 1}.healthcheck.test"), silos[i].Http.BaseAddress!.AbsoluteUri);
            // As the file's first lines say: curl calls what it sends a form.
            Assert.Equal(200, await PutAsync(silos[i], "hello", "application/x-www-form-urlencoded"));
        }

        foreach (var silo in silos)
            await StopAsync(silo, Seconds(compose.Text("x-silo.stop_grace_period")!));

        Task<PodStandIn> StartAsync(string name) => PodStandIn.StartReadyAsync(
            compose.Map("x-environment").Pairs.Concat(compose.Map($"services.{name}.environment").Pairs).Where(static e => e.Key != "<<")
                .Select(e => (e.Key, e.Value.Replace("http://127.0.0.1:8000", tables.AbsoluteUri, StringComparison.Ordinal)
                    .Replace("http://127.0.0.1:4567", ready.Groups[2].Value, StringComparison.Ordinal))),
            PodLocation.Default);
    }

    /// <summary>With the tables that the other template makes: the silo itself may create none.</summary>
    [PosixFact]
    public async Task Ecs_StartsASiloOverTheTablesOfItsTemplate_ThatTakesRecords_AndStopsInItsTime()
    {
        const string Id = "orders";
        await using var dynamoDb = DynamoDbLocal.InFiles();
        var tables = await dynamoDb.UrlAsync();
        await using var kinesis = await KinesisProcess.StartAsync("none", $"{Stream}=2");
        var made = YamlMap.Parse(Read("deploy/aws/tables.yaml"))[0].Map("Resources");
        foreach (var name in made.Names)
            await MakeTableAsync(tables, made.Map($"{name}.Properties").Json, Id);
        var template = YamlMap.Parse(Read("deploy/aws/ecs.yaml"))[0];
        var container = template.Map("Resources.Task.Properties").List("ContainerDefinitions").Single();
        var environment = container.List("Environment").Select(e => (e.Text("Name")!, OpenValue(template, e, Id)))
            .Append(("Kpl__DynamoDb__ServiceUrl", tables.AbsoluteUri)).Append(("Kpl__Kinesis__EndpointUrl", kinesis.Url.AbsoluteUri));

        await using var silo = await PodStandIn.StartReadyAsync(environment, PodLocation.Default);

        await AssertHealthyAsync(container.Texts("HealthCheck.Command"), silo.Http.BaseAddress!.AbsoluteUri);
        Assert.Equal(200, await PutAsync(silo, "hello", "application/octet-stream"));
        await StopAsync(silo, TimeSpan.FromSeconds(container.Number("StopTimeout")));
    }

    /// <summary>The health check as the container runs it; the program is where it was built, and the port the one that it got.</summary>
    private static async Task AssertHealthyAsync(IReadOnlyList<string> check, string tier)
    {
        Assert.Equal(["CMD", "dotnet", "/app/kpl/kpl.dll", "ready"], check.Take(4));
        var (code, text) = await Dotnet.TryAsync(check[1], Path.GetTempPath(), Kpl, check[3], "--tier", tier);
        Assert.True(code == 0, text);
    }

    private static async Task<int> PutAsync(PodStandIn silo, string data, string type)
    {
        using var record = new StringContent(data) { Headers = { ContentType = new MediaTypeHeaderValue(type) } };
        record.Headers.Add("X-Partition-Key", "k");
        using var answer = await silo.Http.PostAsync($"/streams/{Stream}/records", record, TestContext.Current.CancellationToken);
        return (int)answer.StatusCode;
    }

    private static async Task StopAsync(PodStandIn silo, TimeSpan within)
    {
        silo.Signal(Signals.Terminate);
        var (code, output, log) = await silo.ExitAsync().WaitAsync(within, TestContext.Current.CancellationToken);
        Assert.True(code == 0, string.Join('\n', log));
        Assert.Equal((1, 0), (DrainLine.Parse(output[^1]).Delivered, DrainLine.Parse(output[^1]).Failed));
    }

    private static async Task MakeTableAsync(Uri tables, JsonObject properties, string id)
    {
        var request = new JsonObject { ["TableName"] = Filled((string)properties["TableName"]!, id) };
        foreach (var name in new[] { "BillingMode", "AttributeDefinitions", "KeySchema" })
            request[name] = properties[name]!.DeepClone();
        var (succeeded, text) = await DynamoDbLocal.CallAsync(tables, "CreateTable", request.ToJsonString());
        Assert.True(succeeded, text);
    }

    /// <summary>What CloudFormation gives a variable where <c>Security</c> is <c>open</c>: of <c>!If [Closed, …, …]</c> the last.</summary>
    private static string OpenValue(YamlMap template, YamlMap variable, string id) => variable.Text("Value") is { } text
        ? template.Text($"Parameters.{text}.Default") ?? Filled(text == "Hosts" ? "127.0.0.1" : text, id)
        : variable.Texts("Value")[^1];

    /// <summary>What CloudFormation puts in.</summary>
    private static string Filled(string text, string id) => text switch
    {
        "ClusterId" => id,
        "AWS::Region" => "us-east-1",
        _ => text.Replace("${ClusterId}", id, StringComparison.Ordinal),
    };

    private static string Read(string file) => File.ReadAllText(Path.Combine(Checkout.Root, file));

    private static TimeSpan Seconds(string text) => TimeSpan.FromSeconds(int.Parse(text.TrimEnd('s'), System.Globalization.CultureInfo.InvariantCulture));

    [GeneratedRegex("^ready http=([^ ]+) kinesis=([^ ]+)")]
    private static partial Regex TierReady();
}
