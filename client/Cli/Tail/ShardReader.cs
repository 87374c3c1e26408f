using System.Text;
using Orleans.Kpl.Aws.Operations;
using Orleans.Kpl.Pipeline.Sending;

namespace Orleans.Kpl.Cli.Tail;

/// <summary>Reads one shard to its end, or to the tip where nobody follows.</summary>
internal sealed class ShardReader
{
    /// <summary>A page this full may not be the last, whatever MillisBehindLatest says (kinesalite always says 0).</summary>
    private const int FullPage = 10_000;

    private const long FullBytes = 9 << 20;

    private readonly ITailSource _source;
    private readonly TailFailures _failures;
    private readonly TimeProvider _time;
    private readonly SemaphoreSlim _turns;
    private readonly DateTimeOffset _startedAt;
    private ShardPosition _position;
    private string? _iterator;

    /// <param name="source">The stream.</param>
    /// <param name="failures">What failures mean.</param>
    /// <param name="time">The clock.</param>
    /// <param name="turns">How many shards may hold a page at once.</param>
    /// <param name="shardId">The shard.</param>
    /// <param name="position">Where it is entered.</param>
    public ShardReader(ITailSource source, TailFailures failures, TimeProvider time, SemaphoreSlim turns, string shardId, ShardPosition position)
    {
        (_source, _failures, _time, _turns, ShardId, _position) = (source, failures, time, turns, shardId, position);
        _startedAt = time.GetUtcNow();
    }

    public string ShardId { get; }

    /// <summary>Reads on; the answer is the shards that follow where the shard is closed, or null where its tip was reached.</summary>
    public async Task<IReadOnlyList<ChildShard>?> ReadAsync(bool follow, Action<string, RecordsPage> write, CancellationToken stop)
    {
        while (true)
        {
            var start = _time.GetTimestamp();
            long answered;
            long bytes = 0;
            bool isAtTip;
            await _turns.WaitAsync(stop).ConfigureAwait(false);
            try
            {
                var page = await NextPageAsync(stop).ConfigureAwait(false);
                answered = _time.GetTimestamp();
                foreach (var record in page.Records)
                    bytes += record.Data.Length + Encoding.UTF8.GetByteCount(record.PartitionKey);
                write(ShardId, page);
                if (page.Records.Count > 0)
                    _position = ShardPosition.After(page.Records[^1].SequenceNumber);
                _iterator = page.NextShardIterator;
                if (_iterator is null)
                    return page.ChildShards;

                isAtTip = IsAtTip(page, bytes);
            }
            finally
            {
                _turns.Release();
            }

            if (isAtTip && !follow)
                return null;
            var wait = ReadPace.After(bytes, isAtTip, _time.GetElapsedTime(start, answered)) - _time.GetElapsedTime(answered);
            await WaitAsync(wait, stop).ConfigureAwait(false);
        }
    }

    private static bool IsAtTip(RecordsPage page, long bytes) =>
        page.Records.Count < FullPage && bytes < FullBytes && (page.MillisBehindLatest ?? (page.Records.Count == 0 ? 0 : 1)) == 0;

    private async Task<RecordsPage> NextPageAsync(CancellationToken stop)
    {
        var since = _time.GetTimestamp();
        for (var failures = 1; ; failures++)
        {
            try
            {
                _iterator ??= await _source.GetShardIteratorAsync(ShardId, _position, stop).ConfigureAwait(false);
                return await _source.GetRecordsAsync(_iterator, stop).ConfigureAwait(false);
            }
            catch (KinesisException exception) when (exception.Code is TailFailures.ExpiredIterator)
            {
                _iterator = null;
                if (_position == ShardPosition.Latest)
                    _position = ShardPosition.AtTimestamp(_startedAt); // Nothing was seen yet: what came since then is still wanted.
                if (failures > 1)
                    await WaitAsync(ReadPace.AfterFailure(failures), stop).ConfigureAwait(false);
            }
            catch (KinesisException exception)
            {
                await WaitAsync(_failures.Judge(exception, failures, since), stop).ConfigureAwait(false);
            }
        }
    }

    private Task WaitAsync(TimeSpan span, CancellationToken stop) => span > TimeSpan.Zero ? Task.Delay(span, _time, stop) : Task.CompletedTask;
}
