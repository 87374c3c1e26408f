using System.Collections.Concurrent;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;

namespace Orleans.Kpl.Cluster.Tests.Running;

/// <summary>Stands before DynamoDB Local or a local Kinesis and writes down the rights that each call needs: action, and table or stream.</summary>
internal sealed class RecordingProxy : IAsyncDisposable
{
    /// <summary>Rights that are of the whole account, though the call names a stream (AWS's service authorization reference for Kinesis).</summary>
    private static readonly HashSet<string> OfTheAccount = ["UpdateShardCount", "UpdateStreamMode"];

    private readonly WebApplication _app;
    private readonly HttpClient _http = new();
    private readonly Uri _service;

    private RecordingProxy(WebApplication app, Uri service) => (_app, _service) = (app, service);

    public Uri Url => new(_app.Urls.Single());

    /// <summary>The rights that were used, such as <c>dynamodb:GetItem prefix-state</c>, or <c>kinesis:ListStreams *</c> where no stream is named.</summary>
    public ConcurrentDictionary<string, bool> Used { get; } = [];

    public static async Task<RecordingProxy> StartAsync(Uri service)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().UseUrls("http://127.0.0.1:0");
        var app = builder.Build();
        var recording = new RecordingProxy(app, service);
        app.Run(recording.PassAsync);
        await app.StartAsync();
        return recording;
    }

    public async ValueTask DisposeAsync()
    {
        await _app.DisposeAsync();
        _http.Dispose();
    }

    private async Task PassAsync(HttpContext context)
    {
        using var body = new MemoryStream();
        await context.Request.Body.CopyToAsync(body);
        var target = context.Request.Headers["X-Amz-Target"].ToString().Split('.');
        if (target[0].StartsWith("Kinesis_", StringComparison.Ordinal))
            NoteStream(target[^1], body.ToArray());
        else
            Note(target[^1], body.ToArray());
        using var request = new HttpRequestMessage(HttpMethod.Post, _service) { Content = new ByteArrayContent(body.ToArray()) };
        foreach (var (name, values) in context.Request.Headers.Where(static h => h.Key is not ("Host" or "Content-Length" or "Connection" or "Expect")))
        {
            if (!request.Headers.TryAddWithoutValidation(name, (IEnumerable<string?>)values))
                request.Content.Headers.TryAddWithoutValidation(name, (IEnumerable<string?>)values);
        }

        using var response = await _http.SendAsync(request, context.RequestAborted);
        context.Response.StatusCode = (int)response.StatusCode;
        var kept = response.Headers.Concat(response.Content.Headers).Where(static h => h.Key is not ("Transfer-Encoding" or "Content-Length"));
        foreach (var (name, values) in kept)
            context.Response.Headers[name] = values.ToArray();
        await response.Content.CopyToAsync(context.Response.Body, context.RequestAborted);
    }

    /// <summary>A transaction needs the rights of its parts, a batch its own right on each table.</summary>
    private void Note(string action, byte[] body)
    {
        var root = JsonDocument.Parse(body).RootElement;
        if (root.TryGetProperty("TransactItems", out var parts))
        {
            foreach (var part in parts.EnumerateArray().SelectMany(static p => p.EnumerateObject()))
                Add(part.Name + "Item", part.Value.GetProperty("TableName").GetString());
        }
        else if (root.TryGetProperty("RequestItems", out var tables))
        {
            foreach (var table in tables.EnumerateObject())
                Add(action, table.Name);
        }
        else
        {
            Add(action, root.GetProperty("TableName").GetString());
        }
    }

    private void NoteStream(string action, byte[] body)
    {
        var root = JsonDocument.Parse(body).RootElement;
        var stream = OfTheAccount.Contains(action) ? "*" : root.TryGetProperty("StreamName", out var name) ? name.GetString()
            : root.TryGetProperty("StreamARN", out var arn) ? arn.GetString()!.Split('/')[^1] : "*";
        Used[$"kinesis:{action} {stream}"] = true;
    }

    private void Add(string action, string? table) => Used[$"dynamodb:{action} {table}"] = true;
}
