using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Orleans.Kpl.Producer.Tests.Health;

public sealed class KplHealthCheckTests
{
    [Theory]
    [InlineData(HealthStatus.Degraded)]
    [InlineData(HealthStatus.Unhealthy)]
    public async Task Check_WhileKinesisIsAway_ReportsTheStatusAskedFor_AndHealthyBeforeAndAfter(HealthStatus status)
    {
        await using var kinesis = await Sockets.LocalKinesis.StartAsync();
        var services = new ServiceCollection();
        services.AddLogging();
        services.AddSingleton<IKplProducer>(_ => kinesis.Producer());
        services.AddHealthChecks().AddKpl(failureStatus: status, tags: ["ready"]);
        await using var provider = services.BuildServiceProvider();
        var (producer, checks) = (provider.GetRequiredService<IKplProducer>(), provider.GetRequiredService<HealthCheckService>());

        Assert.True((await producer.PutAsync("events", new UserRecord("k", default))).IsSuccess);
        Assert.Equal(HealthStatus.Healthy, (await OneAsync(checks)).Status);

        var outage = kinesis.Server.Kinesis.Faults.Add(new OutageFault());
        var put = producer.PutAsync("events", new UserRecord("k", default));
        await Waiting.UntilAsync(async () => (await OneAsync(checks)).Status == status);
        var entry = await OneAsync(checks);
        Assert.Equal(["ready"], entry.Tags);
        Assert.Contains(entry.Data["degraded_code"], new object[] { RecordErrorCodes.ConnectionFailed, RecordErrorCodes.ConnectionLost });
        Assert.Equal(1L, entry.Data["outstanding_records"]);

        kinesis.Server.Kinesis.Faults.Remove(outage);
        Assert.True((await put).IsSuccess);
        // The caller may hear of its record before the call is judged whole.
        await Waiting.UntilAsync(async () => (await OneAsync(checks)).Status == HealthStatus.Healthy);
    }

    /// <summary>A name that nobody set, and that was never there, may be anybody's slip: it is told, and the process is well.</summary>
    [Theory]
    [InlineData(true, HealthStatus.Degraded)]
    [InlineData(false, HealthStatus.Healthy)]
    public async Task Check_AfterARecordFailed_SaysTheSentenceOfTheRule(bool isNamed, HealthStatus status)
    {
        await using var kinesis = await Sockets.LocalKinesis.StartAsync();
        var services = new ServiceCollection();
        services.AddLogging();
        services.AddSingleton<IKplProducer>(_ => kinesis.Producer(o => o.ForStream(isNamed ? "nosuch" : Sockets.LocalKinesis.Stream, static _ => { })));
        services.AddHealthChecks().AddKpl();
        await using var provider = services.BuildServiceProvider();
        var (producer, checks) = (provider.GetRequiredService<IKplProducer>(), provider.GetRequiredService<HealthCheckService>());
        Assert.Equal("All is well.", (await OneAsync(checks)).Description);

        Assert.False((await producer.PutAsync("nosuch", new UserRecord("k", default))).IsSuccess);
        await Waiting.UntilAsync(async () => (await OneAsync(checks)).Description != "All is well.");
        var entry = await OneAsync(checks);
        Assert.Equal(status, entry.Status);
        Assert.StartsWith("1 record of nosuch ended with ResourceNotFoundException at ", entry.Description, StringComparison.Ordinal);
        Assert.Equal((1L, "ResourceNotFoundException"), (entry.Data["failed_records"], entry.Data["failed_code"]));
    }

    private static async Task<HealthReportEntry> OneAsync(HealthCheckService checks) =>
        (await checks.CheckHealthAsync(TestContext.Current.CancellationToken)).Entries["kpl"];
}
