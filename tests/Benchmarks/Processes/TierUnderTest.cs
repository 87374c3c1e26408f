using System.Text.Json;
using Orleans.Kpl.Testing;

namespace Orleans.Kpl.Benchmarks.Processes;

/// <summary>One or two silos on the producer's processor, of which a client knows one gateway.</summary>
internal sealed class TierUnderTest : IAsyncDisposable
{
    private static readonly TimeSpan LimitOfOwners = TimeSpan.FromMinutes(1);
    private static readonly string[] Unlimited = ["--Kpl:RateLimit=1000000000", "--Kpl:Cluster:AllowCallsOnly=true"];

    private readonly BuiltProgram? _dynamoDb;
    private readonly List<Silo> _silos;

    private TierUnderTest(string stream, int gatewayPort, BuiltProgram? dynamoDb, params IEnumerable<Silo> silos)
    {
        (Stream, GatewayPort, _dynamoDb) = (stream, gatewayPort, dynamoDb);
        _silos = [.. silos];
    }

    /// <summary>The stream to put into.</summary>
    public string Stream { get; }

    /// <summary>The gateway that the client uses.</summary>
    public int GatewayPort { get; }

    /// <summary>User and system time of the silos.</summary>
    public TimeSpan CpuTime => _silos.Aggregate(TimeSpan.Zero, static (sum, silo) => sum + silo.CpuTime);

    public static async Task<TierUnderTest> OneSiloAsync(int kinesisPort, string stream)
    {
        var silo = await Silo.StartAsync(Affinity.ProducerProcessors, kinesisPort, Unlimited);
        return new TierUnderTest(stream, silo.GatewayPort, null, silo);
    }

    /// <summary>Two silos, and the gateway of the one that owns no shard of a stream of one shard.</summary>
    public static async Task<TierUnderTest> OwnedElsewhereAsync(int kinesisPort, string stream)
    {
        using var held = new HeldPort();
        var dynamoDb = await BuiltProgram.StartDynamoDbAsync(held.Number);
        var silos = new List<Silo>();
        try
        {
            string[] settings =
            [
                .. Unlimited, "--Kpl:Cluster:Membership=dynamodb", "--Kpl:Cluster:AdvertisedAddress=127.0.0.1",
                $"--Kpl:DynamoDb:ServiceUrl=http://127.0.0.1:{held.Number}",
            ];
            for (var i = 0; i < 2; i++)
                silos.Add(await Silo.StartAsync(Affinity.ProducerProcessors, kinesisPort, settings));
            var owner = await OwnerAsync(silos[0], stream);
            var other = silos.Single(s => !owner.Contains($":{s.Address.Port}:", StringComparison.Ordinal));
            return new TierUnderTest(stream, other.GatewayPort, dynamoDb, silos);
        }
        catch
        {
            await new TierUnderTest(stream, 0, dynamoDb, silos).DisposeAsync();
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var silo in _silos)
            await silo.DisposeAsync();
        if (_dynamoDb is not null)
            await _dynamoDb.DisposeAsync();
    }

    /// <summary>Puts some records, so that the stream is known, and asks until its only shard has an owner.</summary>
    private static async Task<string> OwnerAsync(Silo silo, string stream)
    {
        await using (var client = ClusterClient.Start(Affinity.EndpointProcessors, stream, 1_000, $"Kpl__Cluster__GatewayPort={silo.GatewayPort}"))
            await client.LineAsync(static l => l.StartsWith('{'));
        using var http = new HttpClient { BaseAddress = silo.Url };
        using var limit = new CancellationTokenSource(LimitOfOwners);
        while (true)
        {
            var shards = JsonDocument.Parse(await http.GetStringAsync($"/admin/streams/{stream}/shards", limit.Token)).RootElement;
            if (shards.GetProperty("shards")[0].GetProperty("owner_silo").GetString() is { } name)
                return name;
            await Task.Delay(100, limit.Token);
        }
    }
}
