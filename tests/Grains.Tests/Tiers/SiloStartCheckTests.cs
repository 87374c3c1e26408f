using Microsoft.Extensions.Logging;
using Orleans.Kpl.LocalKinesis;
using Orleans.Kpl.Producer.Tests.Logging;
using Orleans.TestingHost;

namespace Orleans.Kpl.Grains.Tests.Tiers;

/// <summary>A silo of one's own asks Kinesis at its start, as the hosts of the project do: <see cref="KplOptions.CheckAtStart"/>.</summary>
public sealed class SiloStartCheckTests
{
    private readonly CapturedLog _log = new();

    private List<(LogLevel Level, string Line)> Checks => [.. _log.Lines.Where(static l => l.Line.Contains("heck at start", StringComparison.Ordinal))];

    [Fact]
    public async Task Fail_WhenKinesisIsNotThere_FailsTheStartWithEveryLine()
    {
        using var dead = new DeadEndpoint();
        await using var silo = Build(dead.Url, StartCheck.Fail);
        var error = await Assert.ThrowsAsync<KplCheckException>(() => silo.DeployAsync().WaitAsync(Tier.Long));
        Assert.Contains("endpoint", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Log_WhenAllIsWell_SaysSoOnce()
    {
        await using var server = await LocalKinesisServer.StartAsync(new LocalKinesisOptions { Port = 0 });
        await server.Kinesis.CreateStreamAsync(Tier.Stream, 4);
        await using var silo = Build(server.Url, StartCheck.Log);
        await silo.DeployAsync().WaitAsync(Tier.Long);
        await Waiting.UntilAsync(() => Checks.Count > 0);
        var (level, line) = Assert.Single(Checks);
        Assert.Equal(LogLevel.Information, level);
        Assert.Contains("events: 4 shards take at most 4,000", line, StringComparison.Ordinal);
    }

    private InProcessTestCluster Build(Uri endpoint, StartCheck check)
    {
        var builder = new InProcessTestClusterBuilder(1) { Options = { ConfigureFileLogging = false } };
        builder.ConfigureSilo((_, silo) =>
        {
            silo.AddKpl(o =>
            {
                o.Kinesis.EndpointUrl = endpoint;
                (o.Kinesis.Region, o.Kinesis.AccessKeyId, o.Kinesis.SecretAccessKey) = ("us-east-1", "local", "local");
                o.CheckAtStart = check;
                o.ForStream(Tier.Stream, static _ => { });
            });
            silo.ConfigureServices(services => services.AddSingleton<ILoggerProvider>(_log));
        });
        return builder.Build();
    }
}
