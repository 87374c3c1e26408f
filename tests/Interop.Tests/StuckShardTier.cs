using System.Text;

namespace Orleans.Kpl.Interop.Tests;

/// <summary>A local tier whose stream has two shards, of which the first takes nothing. Its front answers after two seconds.</summary>
public sealed class StuckShardTier : IAsyncLifetime
{
    public const string Stream = "stuck";

    private Server? _server;

    /// <summary>The address of its HTTP, where the Kinesis front is.</summary>
    public string Http { get; private set; } = "";

    public async ValueTask InitializeAsync()
    {
        _server = await Server.StartAsync(
            Needs.Program("Orleans.Kpl.Local", "Orleans.Kpl.Local"), "--http-port", "0", "--kinesis-port", "0", "--Kpl:Front:AnswerWithin=2s",
            "--stream", $"{Stream}=2");
        var addresses = _server.Ready.Split(' ').Select(static part => part.Split('=', 2)).ToDictionary(static part => part[0], static part => part[1]);
        Http = addresses["http"];
        using var http = new HttpClient();
        using var fault = new StringContent("""{"kind":"throttle_shard","stream":"stuck","shard_id":"shardId-000000000000"}""", Encoding.UTF8, "application/json");
        using var answer = await http.PostAsync(addresses["kinesis"] + "/_faults", fault);
        Assert.True(answer.IsSuccessStatusCode, await answer.Content.ReadAsStringAsync());
    }

    public async ValueTask DisposeAsync()
    {
        if (_server is not null)
            await _server.DisposeAsync();
    }
}
