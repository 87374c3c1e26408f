using System.Globalization;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Hosting;
using Orleans.Kpl.LocalKinesis;

namespace Orleans.Kpl.Client.Tests.Setup;

/// <summary>A program moves from its own producer to a tier by one line: whatever it has injected is there, and does the same.</summary>
public sealed class MovedProgramTests
{
    private const string Stream = "events";

    [Fact]
    public async Task Program_WithItsOwnProducer_UsesAllThree()
    {
        await using var server = await StartKinesisAsync();
        var settings = Settings(server.Url, gateway: 30_000);

        await RunAsync(server, services => services.AddKpl(settings));
    }

    [Fact]
    public async Task Program_OverATier_UsesAllThree()
    {
        await using var server = await StartKinesisAsync();
        using HeldPort siloPort = new(), gatewayPort = new();
        var settings = Settings(server.Url, gatewayPort.Number);
        using var silo = await StartSiloAsync(settings, siloPort.Number, gatewayPort.Number);

        await RunAsync(server, services => services.AddKplCluster(settings));
        await silo.StopAsync(TestContext.Current.CancellationToken);
    }

    private static async Task RunAsync(LocalKinesisServer server, Action<IServiceCollection> addKpl)
    {
        var builder = new HostApplicationBuilder(new HostApplicationBuilderSettings { DisableDefaults = true });
        addKpl(builder.Services);
        builder.Services.AddSingleton<Program>();
        using var host = builder.Build();
        await host.StartAsync(TestContext.Current.CancellationToken).WaitAsync(Waiting.Long);
        await host.Services.GetRequiredService<Program>().RunAsync().WaitAsync(Waiting.Long);
        await host.StopAsync(TestContext.Current.CancellationToken).WaitAsync(Waiting.Long);
        Assert.Equal(3, server.Kinesis.Get(Stream).Shards.Count(static s => s.IsOpen));
    }

    private static async Task<LocalKinesisServer> StartKinesisAsync()
    {
        var server = await LocalKinesisServer.StartAsync(new LocalKinesisOptions { Port = 0, LimitModel = LimitModel.None });
        await server.Kinesis.CreateStreamAsync(Stream, 2);
        return server;
    }

    private static IConfigurationSection Settings(Uri kinesis, int gateway) => new ConfigurationBuilder().AddInMemoryCollection(
    [
        new("Kpl:Kinesis:EndpointUrl", kinesis.ToString()),
        new("Kpl:RecordTtl", "3m"),
        new("Kpl:Cluster:GatewayPort", gateway.ToString(CultureInfo.InvariantCulture)),
        new("Kpl:Http:Port", "0"),
    ]).Build().GetSection("Kpl");

    private static async Task<IHost> StartSiloAsync(IConfigurationSection settings, int port, int gateway)
    {
        var builder = new HostApplicationBuilder(new HostApplicationBuilderSettings { DisableDefaults = true });
        builder.UseOrleans(silo =>
        {
            silo.UseLocalhostClustering(port, gateway, serviceId: "kpl", clusterId: "kpl");
#pragma warning disable ORLEANSEXP003
            silo.AddDistributedGrainDirectory();
#pragma warning restore ORLEANSEXP003
            silo.AddKpl(settings);
        });
        var host = builder.Build();
        await host.StartAsync(TestContext.Current.CancellationToken).WaitAsync(Waiting.Long);
        return host;
    }

    private sealed class Program(IKplProducer producer, IStreamAdmin admin, IBacklogAdmin backlog)
    {
        private const int Records = 200;

        public async Task RunAsync()
        {
            List<UserRecord> records = [.. ClientTier.Records(Records)];
            Assert.All(await producer.PutAsync(Stream, records), static r => Assert.True(r.IsSuccess, r.ToString()));

            Assert.Equal(2, (await admin.GetOverviewAsync(Stream)).Shards.Count);
            Assert.Equal(4, (await admin.PlanAsync(Stream, 4)).Result.Count);
            var started = await admin.SplitShardAsync(Stream, "shardId-000000000000", SplitPoint.Middle);
            await Waiting.UntilAsync(async () => (await admin.GetOperationAsync(Stream, started.OperationId)).State == OperationState.Done);
            Assert.Equal(3, (await admin.RefreshAsync(Stream)).Shards.Count);
            Assert.Equal(ScalingMode.Off, (await admin.GetPolicyAsync(Stream)).Mode);
            Assert.Contains(await admin.GetHistoryAsync(Stream), o => o.OperationId == started.OperationId);

            await Waiting.UntilAsync(async () => (await backlog.GetLedgerAsync(Stream)).Delivered == Records);
            Assert.Single((await backlog.GetLedgerReportAsync(Stream)).Covered);
            Assert.Equal(0, (await backlog.GetBacklogAsync(Stream)).Records);
            Assert.Empty(await backlog.GetDeadLettersAsync(Stream));
            Assert.Equal(0, await backlog.RequeueDeadLettersAsync(Stream));
            Assert.Equal(0, await backlog.DropDeadLettersAsync(Stream));
            var refused = await Assert.ThrowsAsync<StreamManagerException>(() => admin.SplitShardAsync(Stream, "shardId-000000000000"));
            Assert.Equal(StreamManagerErrorCodes.UnknownShard, refused.Code);
        }
    }
}
