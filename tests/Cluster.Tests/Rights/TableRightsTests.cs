namespace Orleans.Kpl.Cluster.Tests.Rights;

/// <summary>What silos and clients ask of DynamoDB, Orleans included, is what the policies of deploy/aws grant.</summary>
public sealed class TableRightsTests(DynamoDbLocal dynamoDb)
{
    [PosixFact]
    public async Task Silos_NeedNoOtherRightThanTheirPolicies()
    {
        await using var tables = await RecordingProxy.StartAsync(await dynamoDb.UrlAsync());
        await using var cluster = await SiloCluster.CreateAsync(tables.Url, "none", ["events=2"], "--Kpl:AckLevel=Persisted");
        var granted = Grants("silo.json", cluster);
        await cluster.StartSiloAsync();
        Assert.Empty(tables.Used.Keys.Except(granted).Except(Grants("table-maker.json", cluster)).Order());
        tables.Used.Clear();

        // Where the tables are, and silos come, keep records, are lost and leave.
        var second = await cluster.StartSiloAsync("--Kpl:DynamoDb:CreateTables=false");
        var third = await cluster.StartSiloAsync("--Kpl:DynamoDb:CreateTables=false");
        Assert.Equal(200, (await second.PostAsync("/streams/events/records", """[{"partition_key":"k","payload":1}]""")).Status);
        await third.KillAsync();
        await using (var client = await ClusterConnection.OpenAsync(cluster.Options))
            await Waiting.UntilAsync(async () => (await client.ActiveSilosAsync()).Count == 2);
        second.Signal(Signals.Terminate);
        Assert.Equal(0, (await second.ExitAsync()).Code);

        Assert.Empty(tables.Used.Keys.Except(granted).Order());
    }

    [PosixFact]
    public async Task Clients_NeedNoOtherRightThanTheirPolicy()
    {
        var url = await dynamoDb.UrlAsync();
        await using var tables = await RecordingProxy.StartAsync(url);
        await using var cluster = await SiloCluster.CreateAsync(url, "none", ["events=2"]);
        await cluster.StartSiloAsync();
        cluster.Options.DynamoDb.ServiceUrl = tables.Url;
        await using (var client = await ClusterConnection.OpenAsync(cluster.Options))
            Assert.Single(await client.ActiveSilosAsync());

        Assert.Equal(Grants("tier-client.json", cluster).Order(), tables.Used.Keys.Order());
    }

    /// <summary>The rights on tables that a policy grants.</summary>
    private static IEnumerable<string> Grants(string file, SiloCluster cluster) =>
        new AwsPolicy("", cluster.Options.Id, "").Grants(file).Where(static g => g.StartsWith("dynamodb:", StringComparison.Ordinal));
}
