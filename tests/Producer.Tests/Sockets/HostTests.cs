using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Orleans.Kpl.Producer.Tests.Sockets;

/// <summary>The producer in a .NET host, from configuration to the last record.</summary>
public class HostTests
{
    [Fact]
    public async Task Host_WhenItStopsWithNoTimeLeft_StillDrainsForTheDrainTimeout()
    {
        await using var kinesis = await LocalKinesis.StartAsync();
        var builder = Host.CreateEmptyApplicationBuilder(new());
        builder.Configuration.AddInMemoryCollection(
        [
            new("Kpl:Kinesis:EndpointUrl", kinesis.Server.Url.ToString()),
            new("Kpl:Streams:events:RecordMaxBufferedTime", "1h"),
            new("Kpl:RecordTtl", "2h"),
        ]);
        builder.Services.AddKpl(builder.Configuration.GetSection("Kpl"));
        builder.Services.Configure<HostOptions>(o => o.ShutdownTimeout = TimeSpan.Zero);
        using var host = builder.Build();
        await host.StartAsync();
        var producer = host.Services.GetRequiredService<IKplProducer>();
        var batch = await producer.EnqueueAsync(LocalKinesis.Stream, LocalKinesis.Records(500));
        Assert.False(batch.Delivery.IsCompleted);
        await host.StopAsync().WaitAsync(LocalKinesis.Long);
        Assert.True(batch.Delivery.IsCompletedSuccessfully);
        Assert.All(await batch.Delivery, r => Assert.True(r.IsSuccess, r.ToString()));
        Assert.Equal(500, kinesis.Applied().Count);
    }
}
