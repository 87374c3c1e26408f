namespace Orleans.Kpl.Cluster.Tests.Rights;

/// <summary>What silos and clients ask of DynamoDB, Orleans included, is what the policies of deploy/aws grant.</summary>
public sealed class TableRightsTests(DynamoDbLocal dynamoDb)
{
    [PosixFact]
    public async Task SilosAndClients_NeedNoOtherRightsThanTheirPolicies()
    {
        var url = await dynamoDb.UrlAsync();
        await using RecordingProxy ofSilos = await RecordingProxy.StartAsync(url), ofClients = await RecordingProxy.StartAsync(url);
        await using var cluster = await SiloCluster.CreateAsync(ofSilos.Url, "none", ["events=2"], "--Kpl:AckLevel=Persisted");
        var granted = Grants("silo.json", cluster);
        await cluster.StartSiloAsync();
        Assert.Empty(ofSilos.Used.Keys.Except(granted).Except(Grants("table-maker.json", cluster)).Order());
        ofSilos.Used.Clear();

        // Where the tables are, and silos come, keep records, are lost and leave.
        var second = await cluster.StartSiloAsync("--Kpl:DynamoDb:CreateTables=false");
        var third = await cluster.StartSiloAsync("--Kpl:DynamoDb:CreateTables=false");
        Assert.Equal(200, (await second.PostAsync("/streams/events/records", """[{"partition_key":"k","payload":1}]""")).Status);
        await third.KillAsync();
        cluster.Options.DynamoDb.ServiceUrl = ofClients.Url;
        await using (var client = await ClusterConnection.OpenAsync(cluster.Options))
            await Waiting.UntilAsync(async () => (await client.ActiveSilosAsync()).Count == 2);
        second.Signal(Signals.Terminate);
        Assert.Equal(0, (await second.ExitAsync()).Code);

        Assert.Empty(ofSilos.Used.Keys.Except(granted).Order());
        Assert.Equal(Grants("tier-client.json", cluster).Order(), ofClients.Used.Keys.Order());
    }

    /// <summary>The rights on tables that a policy grants.</summary>
    private static IEnumerable<string> Grants(string file, SiloCluster cluster) =>
        new AwsPolicy("", cluster.Options.Id, "").Grants(file).Where(static g => g.StartsWith("dynamodb:", StringComparison.Ordinal));
}
