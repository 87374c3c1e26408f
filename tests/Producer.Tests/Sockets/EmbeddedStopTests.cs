using Microsoft.Extensions.Logging.Abstractions;
using Orleans.Kpl.Adapters.Logging;
using Orleans.Kpl.Aws;
using Orleans.Kpl.Pipeline;
using Orleans.Kpl.Pipeline.Services;
using Orleans.Kpl.Pipeline.State;
using Orleans.Kpl.Producer.Tests.Logging;
using Orleans.Kpl.Scaling.Running;

namespace Orleans.Kpl.Producer.Tests.Sockets;

/// <remarks>Tests <see cref="EmbeddedAdmin"/>.</remarks>
public sealed class EmbeddedStopTests
{
    /// <summary>An operation was told as begun, and nobody ran it. A page may look all the same.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Split_AfterTheStop_IsRefused(bool isKnown)
    {
        var log = new CapturedLog();
        await using var kinesis = await LocalKinesis.StartAsync(shards: 1);
        await OnAdminAsync(kinesis, log, async admin =>
        {
            if (isKnown)
                await admin.GetOverviewAsync(LocalKinesis.Stream);
            await admin.StopAsync();

            var refused = await Assert.ThrowsAsync<StreamManagerException>(() => admin.SplitShardAsync(LocalKinesis.Stream, "shardId-000000000000"));
            Assert.Equal(StreamManagerErrorCodes.ManagerUnavailable, refused.Code);
            Assert.Single((await admin.GetOverviewAsync(LocalKinesis.Stream)).Shards);
            Assert.Empty(log.Lines);
        });
    }

    /// <summary>Each name that anybody asked about was kept for ever.</summary>
    [Fact]
    public async Task Names_OfNoStream_AreForgotten()
    {
        await using var kinesis = await LocalKinesis.StartAsync(shards: 1);
        await OnAdminAsync(kinesis, new CapturedLog(), async admin =>
        {
            await admin.GetOverviewAsync(LocalKinesis.Stream);
            foreach (var name in (string[])["one", "two"])
                await Assert.ThrowsAsync<StreamManagerException>(() => admin.GetOverviewAsync(name));
            await Assert.ThrowsAsync<StreamManagerException>(() => admin.SplitShardAsync(LocalKinesis.Stream, "none"));

            Assert.Equal(1, admin.Streams);
        });
    }

    private static async Task OnAdminAsync(LocalKinesis kinesis, CapturedLog log, Func<EmbeddedAdmin, Task> run)
    {
        var options = kinesis.Options();
        using var gateway = KinesisClient.Create(options.Kinesis, TimeProvider.System);
        await using var pipeline = new ProducerPipeline(
            options, gateway, new PipelineLog(NullLogger.Instance, TimeProvider.System, false), TimeProvider.System, new Random(1));
        var services = new AdminServices { Kinesis = gateway, Store = new MemoryStateStore(), Time = TimeProvider.System, Events = new AdminLog(log) };
        await run(new EmbeddedAdmin(
            pipeline, gateway, options, services, new RecentFailures(TimeProvider.System, keepsKeys: false), pipeline.NumbersOf));
    }
}
