namespace Orleans.Kpl.Interop.Tests;

/// <summary>A local tier whose stream has two shards, of which the first takes nothing. Its front answers after two seconds.</summary>
public sealed class StuckShardTier : IAsyncLifetime
{
    public const string Stream = "stuck";

    private LocalProcess? _process;

    /// <summary>The address of its HTTP, where the Kinesis front is.</summary>
    public string Http => _process!.Http.BaseAddress!.OriginalString;

    public async ValueTask InitializeAsync()
    {
        _process = await LocalProcess.StartReadyAsync("--Kpl:Front:AnswerWithin=2s", "--stream", $"{Stream}=2");
        // Until the stream was used once, a slow machine may need those two seconds for the shard that takes records, too.
        var (first, text) = await _process.PostAsync($"/streams/{Stream}/records", $$"""[{"partition_key":"k","payload":1,"explicit_hash_key":"{{UInt128.MaxValue}}"}]""");
        Assert.True(first == 200, text);
        var (armed, answer) = await _process.PostAsync(
            new Uri(_process.Kinesis, "/_faults").AbsoluteUri, $$"""{"kind":"throttle_shard","stream":"{{Stream}}","shard_id":"shardId-000000000000"}""");
        Assert.True(armed < 300, answer);
    }

    public async ValueTask DisposeAsync()
    {
        if (_process is not null)
            await _process.DisposeAsync();
    }
}
