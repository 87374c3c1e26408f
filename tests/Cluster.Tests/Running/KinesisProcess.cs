using System.Net;
using System.Text;
using System.Text.Json;

namespace Orleans.Kpl.Cluster.Tests.Running;

/// <summary>The local Kinesis endpoint in a process of its own, with its account and its faults over HTTP.</summary>
internal sealed class KinesisProcess : IAsyncDisposable
{
    private readonly LocalProcess _process;

    private KinesisProcess(LocalProcess process) => _process = process;

    public Uri Url => _process.Kinesis;

    /// <summary>Starts it.</summary>
    /// <param name="limitModel">Such as <c>bucket:1000</c> or <c>none</c>.</param>
    /// <param name="streams">The streams it has, as <c>NAME=SHARDS</c>.</param>
    public static async Task<KinesisProcess> StartAsync(string limitModel, params IEnumerable<string> streams) =>
        new(await LocalProcess.StartReadyAsync(["--limit-model", limitModel, .. streams.SelectMany(static s => (string[])["--stream", s])]));

    /// <summary>Every Kinesis record that a stream took, in the order of each shard.</summary>
    public async Task<IReadOnlyList<JsonElement>> AppliedAsync(string stream)
    {
        var lines = await _process.Http.GetStringAsync(new Uri(Url, $"/_account/{stream}"), TestContext.Current.CancellationToken);
        return [.. lines.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(l => JsonDocument.Parse(l).RootElement)];
    }

    /// <summary>Arms a fault, such as <c>{"kind":"latency","delay":100}</c>.</summary>
    public Task ArmAsync(string fault) => SendAsync(HttpMethod.Post, "/_faults", fault);

    /// <summary>Ends all faults.</summary>
    public Task DisarmAsync() => SendAsync(HttpMethod.Delete, "/_faults", "");

    /// <summary>Sets how reshards go, such as <c>{"cut_over_delay":500}</c>.</summary>
    public Task ReshardsAsync(string settings) => SendAsync(HttpMethod.Put, "/_reshards", settings);

    /// <summary>Calls an operation of Kinesis, unsigned; it must succeed.</summary>
    public async Task<JsonElement> CallAsync(string operation, string body)
    {
        var (status, text) = await _process.Http.CallKinesisAsync(operation, body, Url);
        Assert.True(status == HttpStatusCode.OK, $"{operation}: {text}");
        return text.Length == 0 ? default : JsonDocument.Parse(text).RootElement;
    }

    public ValueTask DisposeAsync() => _process.DisposeAsync();

    private async Task SendAsync(HttpMethod method, string path, string body)
    {
        using var request = new HttpRequestMessage(method, new Uri(Url, path)) { Content = new StringContent(body, Encoding.UTF8, "application/json") };
        using var answer = await _process.Http.SendAsync(request, TestContext.Current.CancellationToken);
        Assert.True(answer.IsSuccessStatusCode, $"{method} {path}: {await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken)}");
    }
}
