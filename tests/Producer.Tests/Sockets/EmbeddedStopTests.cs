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
    /// <summary>While the producer drained, an operation on a stream that nobody had asked about before was begun, and nothing ended it.</summary>
    [Fact]
    public async Task Split_OfAStreamThatNobodyAskedAbout_DoesNotRunAfterTheStop()
    {
        await using var kinesis = await LocalKinesis.StartAsync(shards: 1);
        var (options, log) = (kinesis.Options(), new CapturedLog());
        using var gateway = KinesisClient.Create(options.Kinesis, TimeProvider.System);
        await using var pipeline = new ProducerPipeline(
            options, gateway, new PipelineLog(NullLogger.Instance, TimeProvider.System, false), TimeProvider.System, new Random(1));
        var services = new AdminServices { Kinesis = gateway, Store = new MemoryStateStore(), Time = TimeProvider.System, Events = new AdminLog(log) };
        var admin = new EmbeddedAdmin(pipeline, gateway, options, services, new RecentFailures(TimeProvider.System, keepsKeys: false), pipeline.NumbersOf);
        await admin.StopAsync();

        await admin.SplitShardAsync(LocalKinesis.Stream, "shardId-000000000000");

        Assert.Empty(log.Lines);
    }
}
