using Microsoft.Extensions.Logging;
using Orleans.Kpl.Aws.Endpoints;
using Orleans.Kpl.Aws.Tests.Serving;
using Orleans.Kpl.Clustering.Members;
using Orleans.Kpl.DynamoDb.Membership;
using Orleans.Kpl.DynamoDb.State;
using Orleans.Kpl.Pipeline.State;
using Orleans.Kpl.Producer.Tests.Logging;
using Orleans.Messaging;

namespace Orleans.Kpl.Clustering.Tests.Members;

/// <summary>A client's list of gateways, and what becomes of it while the table is away.</summary>
public sealed class DynamoDbGatewaysTests
{
    private const string Rows = """
        {"Items":[{"SiloIdentity":{"S":"10.0.0.1-1-7"},"Address":{"S":"10.0.0.1"},"ProxyPort":{"N":"30000"},"Generation":{"N":"7"}},
        {"SiloIdentity":{"S":"::1-1-8"},"Address":{"S":"::1"},"ProxyPort":{"N":"30001"},"Generation":{"N":"8"}}],"Count":2,"ScannedCount":9}
        """;

    private readonly CapturedLog _log = new();
    private volatile bool _isAway;

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    /// <summary>Clients have the right to scan and no other one.</summary>
    [Fact]
    public async Task Gateways_AreScannedAndNothingElseIsAsked()
    {
        await using var server = Serve();
        using var gateways = Open(server.Address);
        IGatewayListProvider provider = gateways;
        await provider.InitializeGatewayListProvider();
        Assert.Equal(["gwy.tcp://10.0.0.1:30000/7", "gwy.tcp://[::1]:30001/8"], (await provider.GetGateways()).Select(u => u.ToString()));
        Assert.Equal(TimeSpan.FromSeconds(5), provider.MaxStaleness);
        Assert.All(server.Requests, r => Assert.EndsWith(".Scan", r.Header("X-Amz-Target"), StringComparison.Ordinal));
    }

    [Fact]
    public async Task WhileTheTableIsAway_TheLastListStaysAndIsToldOfOnce()
    {
        await using var server = Serve();
        using var gateways = Open(server.Address);
        var known = await gateways.GetGatewaysAsync(Cancelled);
        for (var outage = 1; outage <= 2; outage++)
        {
            _isAway = true;
            for (var i = 0; i < 3; i++)
                Assert.Equal(known, await gateways.GetGatewaysAsync(Cancelled));
            Assert.Equal(outage, _log.Lines.Count);
            _isAway = false;
            Assert.Equal(known, await gateways.GetGatewaysAsync(Cancelled));
        }
        var (level, line) = _log.Lines[0];
        Assert.Equal(LogLevel.Warning, level);
        Assert.StartsWith($"table blue-silos of DynamoDB at {server.Address} in region us-east-1: ", line, StringComparison.Ordinal);
        Assert.EndsWith("; the client goes on with the gateways that it knows", line, StringComparison.Ordinal);
    }

    /// <summary>A client that knows no gateway yet cannot start: whoever retries it is told.</summary>
    [Fact]
    public async Task BeforeTheFirstList_ATableThatIsAwayIsAnException()
    {
        _isAway = true;
        await using var server = Serve();
        using var gateways = Open(server.Address);
        await Assert.ThrowsAsync<StateStoreException>(() => gateways.GetGatewaysAsync(Cancelled));
        Assert.Empty(_log.Lines);
    }

    private WireServer Serve() => new((_, c) => _isAway
        ? c.AnswerAsync(400, """{"__type":"com.amazon.coral.service#AccessDeniedException","message":"no"}""", "application/x-amz-json-1.0")
        : c.AnswerAsync(200, Rows, "application/x-amz-json-1.0"));

    private DynamoDbGateways Open(Uri url)
    {
        var location = new DynamoDbLocation("us-east-1", url);
        return new DynamoDbGateways(
            new GatewaysTable(new(DynamoDbClients.Create(new(), location, Waiting.Long), "blue-silos", location), "blue"), TimeSpan.FromSeconds(5),
            new(_log, "blue-silos"));
    }
}
