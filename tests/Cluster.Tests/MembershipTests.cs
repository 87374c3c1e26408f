namespace Orleans.Kpl.Cluster.Tests;

public sealed class MembershipTests(DynamoDbLocal dynamoDb)
{
    [PosixFact]
    public async Task TwoSilos_StartedTogether_SeeEachOther()
    {
        await using var cluster = await SiloCluster.CreateAsync(dynamoDb, "none", ["events=4"], "--Kpl:RequestTimeout=1m");
        var silos = await cluster.StartSilosAsync(2);
        await using var connection = await cluster.ConnectAsync();

        await WaitForAsync(connection, Endpoints(silos));
        foreach (var silo in silos)
        {
            Assert.Equal(200, (await silo.GetAsync("/health/ready")).Status);
            Assert.Equal(200, (await silo.PostAsync("/events/confirmed", """{"partition_key":"k","payload":1}""")).Status);
        }
        Assert.Equal(2, (await cluster.Kinesis.AppliedAsync("events")).Count);
    }

    [PosixFact]
    public async Task Silo_ThatIsAskedToStop_LeavesAtOnce()
    {
        await using var cluster = await SiloCluster.CreateAsync(dynamoDb, "none", ["events=1"]);
        var silos = await cluster.StartSilosAsync(2);
        silos[0].Signal(Signals.Terminate);
        var (code, output, _) = await silos[0].ExitAsync();

        Assert.Equal(0, code);
        Assert.StartsWith("drained delivered=0 failed=0 backlog=0 seconds=", output[^1], StringComparison.Ordinal);
        await using var connection = await cluster.ConnectAsync();
        await WaitForAsync(connection, Endpoints([silos[1]]));
    }

    private static Task WaitForAsync(ClusterConnection connection, IReadOnlyList<string> expected) =>
        Waiting.UntilAsync(async () => (await connection.ActiveSilosAsync()).SequenceEqual(expected), $"silos {string.Join(", ", expected)}");

    private static List<string> Endpoints(IEnumerable<SiloProcess> silos) => [.. silos.Select(s => s.Silo.ToString()).Order(StringComparer.Ordinal)];
}
