using System.Text;
using System.Text.Json;

namespace Orleans.Kpl.Cluster.Tests.Running;

/// <summary>The local Kinesis endpoint in a process of its own, with its account and its faults over HTTP.</summary>
internal sealed class KinesisProcess : IAsyncDisposable
{
    private const string Project = "Orleans.Kpl.Local";

    private readonly ServerProcess _process;
    private readonly HttpClient _http;

    private KinesisProcess(ServerProcess process, Uri url) =>
        (_process, Url, _http) = (process, url, new HttpClient { BaseAddress = url, Timeout = Waiting.Long });

    public Uri Url { get; }

    /// <summary>Starts it.</summary>
    /// <param name="limitModel">Such as <c>bucket:1000</c> or <c>none</c>.</param>
    /// <param name="streams">The streams it has, as <c>NAME=SHARDS</c>.</param>
    public static async Task<KinesisProcess> StartAsync(string limitModel, params IEnumerable<string> streams)
    {
        var process = ServerProcess.Start(
            Checkout.Built(Project, OperatingSystem.IsWindows() ? Project + ".exe" : Project),
            ["--http-port", "0", "--kinesis-port", "0", "--limit-model", limitModel, .. streams.SelectMany(s => (string[])["--stream", s])]);
        var ready = await process.Output.FirstAsync(_ => true, TestContext.Current.CancellationToken);
        const string Mark = " kinesis=";
        var start = ready.IndexOf(Mark, StringComparison.Ordinal);
        if (start >= 0)
            return new KinesisProcess(process, new Uri(ready[(start + Mark.Length)..].Split(' ')[0]));
        await process.DisposeAsync();
        throw new InvalidOperationException($"the local Kinesis endpoint did not start: {process.Log}");
    }

    /// <summary>Every Kinesis record that a stream took, in the order of each shard.</summary>
    public async Task<IReadOnlyList<JsonElement>> AppliedAsync(string stream)
    {
        var lines = await _http.GetStringAsync($"/_account/{stream}", TestContext.Current.CancellationToken);
        return [.. lines.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(l => JsonDocument.Parse(l).RootElement)];
    }

    /// <summary>Arms a fault, such as <c>{"kind":"latency","delay":100}</c>; the answer has its id.</summary>
    public Task<JsonElement> ArmAsync(string fault) => SendAsync(HttpMethod.Post, "/_faults", fault);

    /// <summary>Ends all faults.</summary>
    public Task DisarmAsync() => SendAsync(HttpMethod.Delete, "/_faults", "");

    /// <summary>Sets how reshards go, such as <c>{"cut_over_delay":500}</c>.</summary>
    public Task ReshardsAsync(string settings) => SendAsync(HttpMethod.Put, "/_reshards", settings);

    /// <summary>Calls an operation of Kinesis, unsigned.</summary>
    public Task<JsonElement> CallAsync(string operation, string body) =>
        SendAsync(HttpMethod.Post, "/", body, ("X-Amz-Target", "Kinesis_20131202." + operation));

    public async ValueTask DisposeAsync()
    {
        _http.Dispose();
        await _process.DisposeAsync();
    }

    private async Task<JsonElement> SendAsync(HttpMethod method, string path, string body, params (string Name, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(
            method, path) { Content = new StringContent(body, Encoding.UTF8, headers.Length > 0 ? "application/x-amz-json-1.1" : "application/json") };
        foreach (var (name, value) in headers)
            request.Headers.Add(name, value);
        using var answer = await _http.SendAsync(request, TestContext.Current.CancellationToken);
        var text = await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        Assert.True(answer.IsSuccessStatusCode, $"{method} {path}: {text}");
        return text.Length == 0 ? default : JsonDocument.Parse(text).RootElement;
    }
}
