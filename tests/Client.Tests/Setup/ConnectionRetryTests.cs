using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Orleans.Kpl.Client.Setup;
using Orleans.Kpl.Producer.Tests.Logging;
using Orleans.Runtime;

namespace Orleans.Kpl.Client.Tests.Setup;

/// <summary>What a client tells while it finds no silo.</summary>
public sealed class ConnectionRetryTests
{
    private const string NoGateway = "Could not find any gateway in 'X'. Orleans client cannot initialize until at least one gateway becomes available.";

    private readonly FakeTimeProvider _time = new();
    private readonly CapturedLog _log = new();

    [Fact]
    public async Task Retry_NamesClusterTableAndEndpoint_OncePerReasonAndAgainAfterPausesThatGrow()
    {
        var options = new KplClusterOptions { Id = "blue", Membership = ClusterMembership.DynamoDb, DynamoDb = { ServiceUrl = new("http://127.0.0.1:8000") } };
        var retry = Make(ClusterSearch.For(options, "us-east-1"));
        for (var i = 0; i < 3; i++)
            await TryAsync(retry, new SiloUnavailableException(NoGateway));
        await TryAsync(retry, new InvalidOperationException("outer", new IOException("Connection refused.")));
        await TryAsync(retry, new InvalidOperationException("outer", new IOException("Connection refused.")));
        foreach (var seconds in new[] { 30, 30, 30, 60, 60 })
        {
            _time.Advance(TimeSpan.FromSeconds(seconds));
            await TryAsync(retry, new InvalidOperationException("outer", new IOException("Connection refused.")));
        }

        const string of = "No silo of cluster blue can be reached through table kpl-silos of DynamoDB at http://127.0.0.1:8000 (Kpl:DynamoDb): ";
        Assert.Equal(
            [
                (LogLevel.Warning, $"{of}no silo of that cluster is registered there; trying again every second"),
                (LogLevel.Warning, $"{of}Connection refused; trying again every second"),
                (LogLevel.Warning, $"{of}Connection refused; trying again every second"),
                (LogLevel.Warning, $"{of}Connection refused; trying again every second"),
                (LogLevel.Warning, $"{of}Connection refused; trying again every second"),
            ],
            _log.Lines);
    }

    [Fact]
    public async Task Retry_OnOneMachine_NamesTheGateway()
    {
        await TryAsync(Make(ClusterSearch.For(new KplClusterOptions { GatewayPort = 30_001 }, null)), new SiloUnavailableException("down"));
        Assert.Equal(
            "No silo of cluster kpl can be reached through gateway 127.0.0.1:30001 (Kpl:Cluster:AdvertisedAddress, GatewayPort): down; trying again every second",
            Assert.Single(_log.Lines).Line);
    }

    [Fact]
    public async Task Start_WhileNoSiloAnswers_TellsEachReasonOnceAndOrleansIsQuiet()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        using var provider = new CapturedLog();
        var builder = Host.CreateEmptyApplicationBuilder(new());
        builder.Logging.AddProvider(provider);
        builder.Services.AddKplCluster(_ => { }, c => c.GatewayPort = ((IPEndPoint)listener.LocalEndpoint).Port);
        using var host = builder.Build();
        using var stop = new CancellationTokenSource();
        var starting = host.StartAsync(stop.Token);
        for (var attempt = 0; attempt < 3; attempt++)
            (await listener.AcceptTcpClientAsync(TestContext.Current.CancellationToken)).Dispose();
        await Waiting.UntilAsync(() => provider.Entries.Any(l => l.Line.Contains("No silo of cluster kpl", StringComparison.Ordinal)));
        await stop.CancelAsync();
        await Task.WhenAny(starting);

        // A connection that the other end drops shows as reset or as closed: two reasons, each told once.
        Assert.Distinct(provider.Entries.Select(static l => l.Line).Where(static l => l.Contains("No silo of cluster kpl", StringComparison.Ordinal)));
        Assert.DoesNotContain(provider.Entries, l => l.Category is "Orleans.Messaging.GatewayManager" or "Orleans.Runtime.Messaging.ConnectionManager");
    }

    private ConnectionRetry Make(ClusterSearch search) => new(_log, new ServiceCollection().AddSingleton<TimeProvider>(_time).BuildServiceProvider(), search);

    private async Task TryAsync(ConnectionRetry retry, Exception exception)
    {
        var trying = retry.ShouldRetryConnectionAttempt(exception, TestContext.Current.CancellationToken);
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.True(await trying);
    }
}
