using System.Text.Json;
using Orleans.Kpl.Testing;

namespace Orleans.Kpl.Benchmarks.Processes;

/// <summary>Two silos that meet in a table of DynamoDB Local.</summary>
internal sealed class TwoSilos : IAsyncDisposable
{
    private static readonly TimeSpan LimitOfOwners = TimeSpan.FromMinutes(1);

    private readonly HeldPort _dynamoDbPort = new();
    private readonly List<TierProcess> _silos = [];
    private BuiltProgram? _dynamoDb;

    private TwoSilos()
    {
    }

    /// <summary>The settings of a client that finds both, as environment variables.</summary>
    public string ClientSettings => $"Kpl__Cluster__Membership=dynamodb Kpl__DynamoDb__ServiceUrl={DynamoDbUrl}";

    private string DynamoDbUrl => $"http://127.0.0.1:{_dynamoDbPort.Number}";

    public static async Task<TwoSilos> StartAsync(int[]? processors, int kinesisPort, params string[] settings)
    {
        var both = new TwoSilos();
        try
        {
            both._dynamoDb = await BuiltProgram.StartDynamoDbAsync(both._dynamoDbPort.Number);
            string[] place =
                ["--Kpl:Cluster:Membership=dynamodb", "--Kpl:Cluster:AdvertisedAddress=127.0.0.1", $"--Kpl:DynamoDb:ServiceUrl={both.DynamoDbUrl}"];
            for (var i = 0; i < 2; i++)
                both._silos.Add(await TierProcess.StartSiloAsync(processors, kinesisPort, [.. place, .. settings]));
            return both;
        }
        catch
        {
            await both.DisposeAsync();
            throw;
        }
    }

    /// <summary>Puts some records into a stream of one shard, so that it is known, asks until its shard has an owner, and returns the other silo.</summary>
    public async Task<TierProcess> FindOtherAsync(string stream)
    {
        await using (var client = BuiltProgram.StartClusterClient(
            Affinity.EndpointProcessors, stream, 1_000, $"Kpl__Cluster__GatewayPort={_silos[0].GatewayPort}"))
            await client.LineAsync(static l => l.StartsWith('{'));
        using var http = new HttpClient { BaseAddress = new Uri(_silos[0].Url) };
        using var limit = new CancellationTokenSource(LimitOfOwners);
        while (true)
        {
            var shards = JsonDocument.Parse(await http.GetStringAsync($"/admin/streams/{stream}/shards", limit.Token)).RootElement;
            if (shards.GetProperty("shards")[0].GetProperty("owner_silo").GetString() is { } owner)
                return _silos.Single(s => !owner.Contains($":{s.SiloPort}:", StringComparison.Ordinal));
            await Task.Delay(100, limit.Token);
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var silo in _silos)
            await silo.DisposeAsync();
        if (_dynamoDb is not null)
            await _dynamoDb.DisposeAsync();
        _dynamoDbPort.Dispose();
    }
}
