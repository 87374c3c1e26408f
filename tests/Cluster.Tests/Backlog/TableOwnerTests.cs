using Orleans.Kpl.Cluster.Tests.Running;
using Orleans.Kpl.Testing;

namespace Orleans.Kpl.Cluster.Tests.Backlog;

public sealed class TableOwnerTests(DynamoDbLocal dynamoDb)
{
    [PosixFact]
    public async Task ASilo_OfAnotherClusterWithTheSameTables_SaysSoAndExits2()
    {
        await using var cluster = await SiloCluster.CreateAsync(dynamoDb, "none", ["events=1"]);
        await cluster.StartSiloAsync();

        var (code, output, log) = await cluster.BeginWith("Kpl:Cluster:Id", "another").ExitAsync();

        Assert.Equal(2, code);
        Assert.Empty(output);
        Assert.Contains(log, l => l.Contains($"these tables belong to cluster '{cluster.Options.Id}', and Kpl:Cluster:Id is 'another'", StringComparison.Ordinal));
    }
}
