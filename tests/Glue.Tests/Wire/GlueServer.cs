using System.Collections.Concurrent;
using System.Text.Json;
using Orleans.Kpl.Aws.Tests.Serving;

namespace Orleans.Kpl.Glue.Tests.Wire;

/// <summary>A Glue on a socket, with one schema at a time: what it answers, a test says.</summary>
internal sealed class GlueServer : IAsyncDisposable
{
    private readonly WireServer _server;

    public GlueServer(Func<string, JsonElement, (int Status, string Body)> answer) => _server = new WireServer((request, connection) =>
    {
        var operation = request.Header("X-Amz-Target")["AWSGlue.".Length..];
        using var body = JsonDocument.Parse(request.Body);
        Operations.Enqueue(operation);
        var (status, text) = answer(operation, body.RootElement);
        return connection.AnswerAsync(status, text);
    });

    public string Url => _server.Address.AbsoluteUri;

    public ConcurrentQueue<string> Operations { get; } = [];

    public IReadOnlyList<ReceivedRequest> Requests => [.. _server.Requests];

    public static (int Status, string Body) Error(string code, string message, int status = 400) =>
        (status, JsonSerializer.Serialize(new { __type = code, Message = message }));

    public GlueSchemaRegistry Connect(GlueOptions glue, TimeProvider time)
    {
        glue.EndpointUrl = _server.Address;
        var options = new KplOptions { Kinesis = { Region = "eu-west-1", AccessKeyId = "AKIDEXAMPLE", SecretAccessKey = "secret" } };
        options.Kinesis.ConnectTimeout = TimeSpan.FromMinutes(5);
        return GlueSchemaRegistry.Create(options, glue, time);
    }

    public ValueTask DisposeAsync() => _server.DisposeAsync();
}
