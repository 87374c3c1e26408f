using System.Text;
using System.Text.Json;

namespace Orleans.Kpl.Interop.Tests;

/// <summary>deploy/local as a user starts it, on free ports: one for all classes of its collection, each of which has streams of its own.</summary>
[CollectionDefinition(nameof(LocalTier))]
public sealed class LocalTier : ICollectionFixture<LocalTier>, IAsyncLifetime
{
    private LocalProcess? _process;

    /// <summary>The address of its Kinesis endpoint.</summary>
    public string Kinesis => _process!.Kinesis.OriginalString;

    /// <summary>The address of its HTTP, where the Kinesis front is too.</summary>
    public string Http => _process!.Http.BaseAddress!.OriginalString;

    public async ValueTask InitializeAsync() => _process = await LocalProcess.StartReadyAsync(
        "--Kpl:RequestTimeout=1m", "--Kpl:RecordTtl=2m", "--stream", "javascript=4", "--stream", "python=4", "--stream", "command=2", "--stream",
        "foreign=2", "--stream", "front-h1=2", "--stream", "front-h2=2", "--stream", "front-python=2", "--stream", "front-cli=2",
        "--stream", "agents=2", "--stream", "front-go1=2", "--stream", "front-go2=2", "--stream", "front-ruby=2");

    /// <summary>Puts records over HTTP; the answer has what became of each, in order.</summary>
    internal async Task<IReadOnlyList<Line>> PutAsync(string stream, IReadOnlyList<Line> records)
    {
        var lines = string.Join("", records.Select(r =>
            $$"""{"partition_key":{{JsonSerializer.Serialize(r.PartitionKey)}},"payload":{{Encoding.UTF8.GetString(Convert.FromBase64String(r.Data))}}{{(r.ExplicitHashKey is null ? "" : $",\"explicit_hash_key\":\"{r.ExplicitHashKey}\"")}}}""" + "\n"));
        var (status, text) = await _process!.PostAsync($"/streams/{stream}/records", lines, "application/x-ndjson");
        Assert.True(status == 200, text);
        var results = text.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(l => JsonSerializer.Deserialize<Result>(l, Line.Json)!).ToList();
        Assert.All(results, r => Assert.Equal("delivered", r.Status));
        return [.. records.Zip(
            results, (record, r) => record with { ShardId = r.ShardId, SequenceNumber = r.SequenceNumber, SubSequenceNumber = r.SubSequenceNumber ?? 0 })];
    }

    public async ValueTask DisposeAsync()
    {
        if (_process is not null)
            await _process.DisposeAsync();
    }

    private sealed record Result(string Status, string? ShardId, string? SequenceNumber, int? SubSequenceNumber);
}
