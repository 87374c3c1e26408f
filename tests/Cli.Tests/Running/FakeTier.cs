using System.Collections.Concurrent;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;

namespace Orleans.Kpl.Cli.Tests.Running;

/// <summary>A server that answers as a tier would, or as a test wants it.</summary>
internal sealed class FakeTier : IAsyncDisposable
{
    public const string Delivered = """{"status":"delivered","shard_id":"shardId-000000000000","sequence_number":"7","sub_sequence_number":0,"attempts":1,"error_code":null,"error_message":null}""";

    /// <summary>The result of a record that is in the tier's backlog.</summary>
    public const string Persisted = """{"status":"persisted","shard_id":null,"sequence_number":null,"sub_sequence_number":null,"attempts":0,"error_code":null,"error_message":null}""";

    private readonly TaskCompletionSource _first = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly WebApplication _app;

    private FakeTier(WebApplication app) => _app = app;

    /// <summary>One request that came.</summary>
    internal sealed record Request(string Path, string Type, string Body);

    public ConcurrentQueue<Request> Requests { get; } = [];

    /// <summary>Completes when a request has come.</summary>
    public Task FirstRequest => _first.Task;

    /// <summary>What is answered; null for the tier's own way.</summary>
    public Func<Request, HttpContext, Task<bool>>? Answer { get; set; }

    public string Url => _app.Urls.Single();

    /// <summary>Lines of all bodies.</summary>
    public string[] Lines => [.. Requests.SelectMany(static request => request.Body.Split('\n', StringSplitOptions.RemoveEmptyEntries))];

    public static async Task<FakeTier> StartAsync(Func<Request, HttpContext, Task<bool>>? answer = null)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().UseUrls("http://127.0.0.1:0");
        var app = builder.Build();
        var tier = new FakeTier(app) { Answer = answer };
        app.Run(tier.HandleAsync);
        await app.StartAsync();
        return tier;
    }

    /// <summary>One that answers as a tier does once it may, or not at all to whoever leaves before.</summary>
    public static Task<FakeTier> StartAsync(Task open) => StartAsync(async (_, context) =>
    {
        await open.WaitAsync(context.RequestAborted).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        return context.RequestAborted.IsCancellationRequested;
    });

    /// <summary>One whose first request interrupts whoever sent it; it answers all the same.</summary>
    public static Task<FakeTier> StartAsync(CancellationTokenSource stop) => StartAsync((_, _) =>
    {
        stop.Cancel();
        return Task.FromResult(false);
    });

    /// <summary>One that refuses the first request for a second.</summary>
    /// <param name="stop">Canceled with that request; null for nothing.</param>
    public static Task<FakeTier> StartRefusingOnceAsync(int status, string code, CancellationTokenSource? stop = null)
    {
        var requests = 0;
        return StartAsync((_, context) =>
        {
            if (Interlocked.Increment(ref requests) > 1)
                return Task.FromResult(false);
            stop?.Cancel();
            context.Response.Headers.RetryAfter = "1";
            return RespondAsync(context, status, $$"""{"error_code":"{{code}}","error_message":"not now"}""");
        });
    }

    /// <summary>One that answers whatever it is asked so.</summary>
    public static Task<FakeTier> StartAsync(int status, string body) => StartAsync((_, context) => RespondAsync(context, status, body));

    public static async Task<bool> RespondAsync(HttpContext context, int status, string body)
    {
        context.Response.StatusCode = status;
        await context.Response.WriteAsync(body);
        return true;
    }

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    private async Task HandleAsync(HttpContext context)
    {
        using var reader = new StreamReader(context.Request.Body, Encoding.Latin1);
        var body = await reader.ReadToEndAsync();
        var request = new Request(
            context.Request.Path + context.Request.QueryString, context.Request.ContentType ?? "", body);
        Requests.Enqueue(request);
        _first.TrySetResult();
        if (Answer is not null && await Answer(request, context))
            return;

        await context.Response.WriteAsync(string.Concat(Enumerable.Repeat(Delivered + "\n", body.Count(static c => c == '\n'))));
    }
}

/// <summary>Asks a fake tier one thing.</summary>
internal static class AskedTier
{
    /// <summary>Starts the tier and runs one command over it.</summary>
    public static async Task<CliRun> RunAsync(this Task<FakeTier> starting, params string[] words)
    {
        await using var tier = await starting;
        return await CliRun.RunAsync([.. words, "--tier", tier.Url]);
    }
}
