using System.Text;
using Orleans.Kpl.Aws.Operations;
using Orleans.Kpl.Cli.Tail;
using Orleans.Kpl.Pipeline.Kinesis;

namespace Orleans.Kpl.Cli.Tests.Tail;

/// <summary>A stream whose answers a test has written down. An iterator is the shard's id and the number of the page.</summary>
internal sealed class FakeSource : ITailSource
{
    private readonly Dictionary<string, List<Func<RecordsPage>>> _pages = [];

    public List<ShardDescription> Shards { get; } = [];

    /// <summary>What ListShards answers from its second call on; null for the same.</summary>
    public List<ShardDescription>? ShardsLater { get; set; }

    /// <summary>Every call, in order.</summary>
    public List<string> Calls { get; } = [];

    public Queue<Exception> ListFailures { get; } = [];

    public Queue<Exception> EnterFailures { get; } = [];

    /// <summary>What pages wait for; null for nothing.</summary>
    public TaskCompletionSource? Turn { get; set; }

    public static ShardDescription Shard(string id, string? parent = null, string? secondParent = null, bool closed = false) =>
        new(id, new(0, 1), parent, secondParent, new("0", closed ? "9" : null));

    public static KinesisException Refusal(string code, int status = 400) => new(KinesisFailureKind.Refused, code, $"told {code}", status);

    public FakeSource Page(string shard, long? behind, params string[] data) => Add(shard, () => MakePage(shard, behind, [], false, data));

    public FakeSource LastPage(string shard, string[] children, params string[] data) => Add(shard, () => MakePage(shard, 0, children, true, data));

    public FakeSource Failure(string shard, Exception exception) => Add(shard, () => throw exception);

    /// <summary>The reader is stopped while it reads.</summary>
    public FakeSource Stopped(string shard, CancellationTokenSource stop) => Add(shard, () =>
    {
        stop.Cancel();
        throw new OperationCanceledException(stop.Token);
    });

    public FakeSource Add(string shard, Func<RecordsPage> page)
    {
        if (!_pages.TryGetValue(shard, out var pages))
            _pages.Add(shard, pages = []);
        pages.Add(page);
        return this;
    }

    public Task<IReadOnlyList<ShardDescription>> ListShardsAsync(ShardFilter filter, CancellationToken cancellationToken)
    {
        bool isFirst;
        lock (Calls)
        {
            isFirst = !Calls.Exists(static call => call.StartsWith("list", StringComparison.Ordinal));
            Calls.Add($"list {filter.Type}");
        }

        if (ListFailures.TryDequeue(out var failure))
            throw failure;
        return Task.FromResult<IReadOnlyList<ShardDescription>>(isFirst || ShardsLater is null ? Shards : ShardsLater);
    }

    public Task<string> GetShardIteratorAsync(string shardId, ShardPosition position, CancellationToken cancellationToken)
    {
        lock (Calls)
            Calls.Add($"enter {shardId} {position.Type}{(position.SequenceNumber is { } number ? $" {number}" : "")}");
        return EnterFailures.TryDequeue(out var failure) ? throw failure : Task.FromResult(shardId);
    }

    public async Task<RecordsPage> GetRecordsAsync(string shardIterator, CancellationToken cancellationToken)
    {
        await (Turn?.Task ?? Task.CompletedTask);
        cancellationToken.ThrowIfCancellationRequested();
        lock (Calls)
        {
            Calls.Add($"read {shardIterator}");
            var page = _pages[shardIterator][0];
            _pages[shardIterator].RemoveAt(0);
            return page();
        }
    }

    private static RecordsPage MakePage(string shard, long? behind, string[] children, bool isLast, string[] data) => new(
        [.. data.Select(text => new ConsumedRecord($"n-{text}", "k", Encoding.UTF8.GetBytes(text), DateTimeOffset.UnixEpoch))],
        isLast ? null : shard,
        behind,
        [.. children.Select(child => new ChildShard(child, new(0, 1), [shard]))]);
}
