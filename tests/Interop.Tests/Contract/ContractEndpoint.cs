using System.Net;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Orleans.Kpl.Interop.Tests.Contract;

/// <summary>A Kinesis endpoint that is held to the contract, by plain HTTP and JSON.</summary>
public abstract class ContractEndpoint : IAsyncDisposable
{
    private readonly SemaphoreSlim _starting = new(1);
    private HttpClient? _http;
    private int _streams;

    /// <summary>Where it is, once started.</summary>
    public string Url => _http!.BaseAddress!.OriginalString;

    /// <summary>Where it is not Kinesis: what it does instead, by fact.</summary>
    public abstract IReadOnlyDictionary<string, string> Differences { get; }

    /// <summary>Starts it, once; skips the test where the machine lacks what it needs.</summary>
    public async Task StartAsync()
    {
        await _starting.WaitAsync();
        try
        {
            _http ??= new HttpClient { BaseAddress = await StartServerAsync() };
        }
        finally
        {
            _starting.Release();
        }
    }

    /// <summary>A stream that is ACTIVE, under a name of its own.</summary>
    public async Task<string> CreateAsync(int shards)
    {
        var stream = $"contract-{Interlocked.Increment(ref _streams)}";
        await CallAsync("CreateStream", new { StreamName = stream, ShardCount = shards });
        await UntilActiveAsync(stream);
        return stream;
    }

    /// <summary>Waits as the waiters of AWS's clients do.</summary>
    public Task UntilActiveAsync(string stream) => Waiting.UntilAsync(async () => await StatusAsync(stream) == "ACTIVE");

    /// <summary>Waits until a call fails, as the waiter for a deleted stream does; the error's type.</summary>
    public async Task<string> UntilErrorAsync(string operation, object request)
    {
        var outcome = "";
        await Waiting.UntilAsync(async () =>
        {
            (outcome, _) = await SendAsync(operation, request);
            return outcome != "accepted";
        });
        return outcome;
    }

    /// <summary>The answer of a call that must succeed.</summary>
    public async Task<JsonNode> CallAsync(string operation, object request)
    {
        var (outcome, answer) = await SendAsync(operation, request);
        Assert.True(outcome == "accepted", $"{operation}: {outcome} {answer}");
        return answer;
    }

    /// <summary>Makes a call: <c>accepted</c> or the error's type without its prefix, and the answer.</summary>
    public async Task<(string Outcome, JsonNode Answer)> SendAsync(string operation, object request)
    {
        // None of these endpoints checks signatures, but some want one.
        var (status, text) = await _http!.CallKinesisAsync(operation, request, isSigned: true);
        var answer = Parse(text);
        if (status == HttpStatusCode.OK)
            return ("accepted", answer);
        var type = answer is JsonObject body ? (string?)(body["__type"] ?? body["code"]) : null;
        return (type?.Split('#')[^1] ?? $"HTTP {(int)status}", answer);
    }

    public async ValueTask DisposeAsync()
    {
        _http?.Dispose();
        _starting.Dispose();
        await StopServerAsync();
        GC.SuppressFinalize(this);
    }

    protected abstract Task<Uri> StartServerAsync();

    protected abstract ValueTask StopServerAsync();

    private async Task<string?> StatusAsync(string stream) =>
        (string?)(await CallAsync("DescribeStream", new { StreamName = stream, Limit = 1 }))["StreamDescription"]!["StreamStatus"];

    private static JsonNode Parse(string text)
    {
        try
        {
            return JsonNode.Parse(text.Length == 0 ? "{}" : text)!;
        }
        catch (JsonException)
        {
            // HTML and the like: shown as it is.
            return JsonValue.Create(text);
        }
    }
}
