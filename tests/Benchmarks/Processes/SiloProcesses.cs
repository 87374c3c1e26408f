using System.Text.Json;
using Orleans.Kpl.Testing;

namespace Orleans.Kpl.Benchmarks.Processes;

/// <summary>Silos that meet in a table of DynamoDB Local.</summary>
internal sealed class SiloProcesses : IAsyncDisposable
{
    private static readonly TimeSpan LimitOfOwners = TimeSpan.FromMinutes(1);

    private readonly HeldPort _dynamoDbPort = new();
    private readonly List<TierProcess> _silos = [];
    private BuiltProgram? _dynamoDb;

    private SiloProcesses()
    {
    }

    /// <summary>The settings of a client that finds all of them, as environment variables.</summary>
    public string ClientSettings => $"Kpl__Cluster__Membership=dynamodb Kpl__DynamoDb__ServiceUrl={DynamoDbUrl}";

    /// <summary>User and system time of all of them.</summary>
    public TimeSpan CpuTime => _silos.Aggregate(TimeSpan.Zero, static (sum, s) => sum + s.CpuTime);

    private string DynamoDbUrl => $"http://127.0.0.1:{_dynamoDbPort.Number}";

    public static async Task<SiloProcesses> StartAsync(int count, int[]? processors, int kinesisPort, params string[] settings)
    {
        var started = new SiloProcesses();
        try
        {
            started._dynamoDb = await BuiltProgram.StartDynamoDbAsync(started._dynamoDbPort.Number);
            string[] place =
                ["--Kpl:Cluster:Membership=dynamodb", "--Kpl:Cluster:AdvertisedAddress=127.0.0.1", $"--Kpl:DynamoDb:ServiceUrl={started.DynamoDbUrl}"];
            for (var i = 0; i < count; i++)
                started._silos.Add(await TierProcess.StartSiloAsync(processors, kinesisPort, [.. place, .. settings]));
            return started;
        }
        catch
        {
            await started.DisposeAsync();
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
