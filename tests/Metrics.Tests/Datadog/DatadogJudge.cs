using Orleans.Kpl.Aws.Tests.Serving;

namespace Orleans.Kpl.Metrics.Tests.Datadog;

/// <summary>Takes what goes to Datadog behind a socket, and judges it by their API's reference.</summary>
internal sealed class DatadogJudge : IAsyncDisposable
{
    public const string Key = "0123456789abcdef0123456789abcdef";

    private readonly WireServer _server;

    public DatadogJudge() => _server = new WireServer(async (request, connection) =>
    {
        var lines = Judge(request);
        var (status, body) = Answer?.Invoke(Paths.Count) ?? (202, """{"errors":[]}""");
        if (status == 202)
        {
            Defects.AddRange(lines.Where(static l => l.Kind != "distribution").Select(static l => l.Place).Intersect(Lines.Select(static l => l.Place)));
            Lines.AddRange(lines);
        }

        await connection.AnswerAsync(status, body, "application/json");
    });

    /// <summary>Returns the answer to a call, which is counted from 1; null to take all.</summary>
    public Func<int, (int Status, string Body)?>? Answer { get; set; }

    /// <summary>Where each call went.</summary>
    public List<string> Paths { get; } = [];

    /// <summary>What was wrong with requests.</summary>
    public List<string> Defects { get; } = [];

    /// <summary>What was taken.</summary>
    public List<DatadogLine> Lines { get; } = [];

    /// <summary>Settings that lead here. Judging megabytes takes a busy machine longer than calls may take by default.</summary>
    public KplOptions Options => new()
    {
        RequestTimeout = Waiting.Long, Metrics = { Sinks = ["Datadog"], DatadogUrl = _server.Address, DatadogApiKey = Key },
    };

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    private IReadOnlyList<DatadogLine> Judge(ReceivedRequest request)
    {
        var parts = request.RequestLine.Split(' ');
        if (parts is not ["POST", _, "HTTP/1.1"])
            Defects.Add(request.RequestLine);
        if (request.Header("DD-API-KEY") != Key)
            Defects.Add("another key");
        if (request.Header("Content-Type") != "application/json")
            Defects.Add(request.Header("Content-Type"));
        Paths.Add(parts[1].TrimStart('/'));
        var (lines, defects) = DatadogBody.Read(Paths[^1], request.Header("Content-Encoding"), request.Body);
        Defects.AddRange(defects);
        return lines;
    }
}
