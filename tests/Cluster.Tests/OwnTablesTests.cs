namespace Orleans.Kpl.Cluster.Tests;

/// <summary>Silos that create no tables, or find those of another cluster.</summary>
public sealed class OwnTablesTests(DynamoDbLocal dynamoDb)
{
    [PosixFact]
    public async Task ASilo_WithoutItsTables_NamesEachAndExits2()
    {
        await using var cluster = await SiloCluster.CreateAsync(dynamoDb, "none", ["events=1"]);

        var log = await cluster.BeginWith("Kpl:DynamoDb:CreateTables", "false").RefusedAsync();
        var prefix = cluster.Options.DynamoDb.TablePrefix;
        foreach (var table in new[] { "silos", "state", "backlog" })
            Assert.Contains(log, l => l.StartsWith($"table {prefix}{table} does not exist, and Kpl:DynamoDb:CreateTables is false", StringComparison.Ordinal));
    }

    [PosixFact]
    public async Task ASilo_OfAnotherClusterWithTheSameTables_SaysSoAndExits2()
    {
        await using var cluster = await SiloCluster.CreateAsync(dynamoDb, "none", ["events=1"]);
        await cluster.StartSiloAsync();

        var log = await cluster.BeginWith("Kpl:Cluster:Id", "another").RefusedAsync();
        Assert.Contains(log, l => l.Contains($"these tables belong to cluster '{cluster.Options.Id}', and Kpl:Cluster:Id is 'another'", StringComparison.Ordinal));
    }
}
