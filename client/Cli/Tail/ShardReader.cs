using System.Text;
using Orleans.Kpl.Aws.Operations;
using Orleans.Kpl.Pipeline.Kinesis;

namespace Orleans.Kpl.Cli.Tail;

/// <summary>Reads one shard to its end, or to its tip if the stream is not followed.</summary>
/// <param name="failures">Decides what to do after a failed read.</param>
/// <param name="pages">Limits the number of shards that hold a page at once.</param>
internal sealed class ShardReader(
    ITailSource source, TailFailures failures, TimeProvider time, SemaphoreSlim pages, string shardId, ShardPosition position)
{
    /// <summary>The number of records in a full page, which may not be the last whatever MillisBehindLatest is (kinesalite always returns 0).</summary>
    private const int FullPage = 10_000;

    private const long FullBytes = 9 << 20;

    private readonly DateTimeOffset _startedAt = time.GetUtcNow();
    private ShardPosition _position = position;
    private string? _iterator;
    private int _failures;
    private long _failingSince;

    public string ShardId => shardId;

    /// <summary>Is called when the tip is reached, at each page there.</summary>
    public Action? AtTip { get; init; }

    /// <summary>Tells whether a page is the last that is wanted.</summary>
    public Func<RecordsPage, bool> IsEnough { get; init; } = static _ => false;

    /// <summary>Reads the shard; returns the child shards at the end of a closed shard, or null where nothing more is there, or wanted.</summary>
    public async Task<IReadOnlyList<ChildShard>?> ReadAsync(bool follow, Func<string, RecordsPage, CancellationToken, Task> write, CancellationToken stop)
    {
        while (true)
        {
            TimeSpan wait;
            try
            {
                // What is put from now on is read, however long other shards have all the permits.
                if (_position == ShardPosition.Latest)
                    await EnterAsync(stop).ConfigureAwait(false);
                using var turn = await pages.EnterAsync(stop).ConfigureAwait(false);
                var start = time.GetTimestamp();
                using var page = await CallAsync(stop).ConfigureAwait(false);
                var took = time.GetElapsedTime(start);
                await write(ShardId, page, stop).ConfigureAwait(false);
                if (_iterator is null)
                    return page.ChildShards;
                if (IsEnough(page))
                    return null;

                var bytes = SizeOf(page);
                var isAtTip = IsAtTip(page, bytes);
                if (isAtTip && !follow)
                    return null;
                if (isAtTip)
                    AtTip?.Invoke();
                wait = ReadPace.After(bytes, isAtTip, took) - (time.GetElapsedTime(start) - took);
            }
            catch (KinesisException exception) when (exception.Code is RecordErrorCodes.ResourceNotFound
                && exception.Message.Contains(ShardId, StringComparison.Ordinal))
            {
                return []; // The retention has passed for all its records, and it went with them. Where the stream is gone, no shard is named.
            }
            catch (KinesisException exception)
            {
                wait = Recover(exception);
            }

            if (wait > TimeSpan.Zero)
                await Task.Delay(wait, time, stop).ConfigureAwait(false);
        }
    }

    private async Task EnterAsync(CancellationToken stop) =>
        _iterator ??= await source.GetShardIteratorAsync(ShardId, _position, stop).ConfigureAwait(false);

    private async Task<RecordsPage> CallAsync(CancellationToken stop)
    {
        await EnterAsync(stop).ConfigureAwait(false);
        var page = await source.GetRecordsAsync(_iterator!, stop).ConfigureAwait(false);
        _iterator = page.NextShardIterator;
        if (page.Records.Count > 0)
            _position = ShardPosition.After(page.Records[^1].SequenceNumber);
        _failures = 0;
        return page;
    }

    /// <summary>Prepares the next call after a failure and returns how long to wait for it.</summary>
    private TimeSpan Recover(KinesisException exception)
    {
        if (_failures++ == 0)
            _failingSince = time.GetTimestamp();
        var isExpired = exception.Code is TailFailures.ExpiredIterator;
        if (isExpired)
            _iterator = null;
        if (_iterator is null && IsStartStillToCome(exception))
            return ReadPace.AfterFailure(_failures);
        if (_iterator is null && _position == ShardPosition.Latest)
            _position = ShardPosition.AtTimestamp(_startedAt); // No record was read yet: records put since the start are still to be read.
        if (!isExpired)
            return failures.Judge(exception, _failures, _failingSince);
        return _failures == 1 ? TimeSpan.Zero : ReadPace.AfterFailure(_failures);
    }

    /// <summary>Whether Kinesis refused the start because this machine's clock is ahead; it is tried again for a minute.</summary>
    private bool IsStartStillToCome(KinesisException exception) =>
        exception.Code is "InvalidArgumentException" && _position == ShardPosition.AtTimestamp(_startedAt)
        && time.GetElapsedTime(_failingSince) <= TailFailures.Patience;

    private static long SizeOf(RecordsPage page) =>
        page.Records.Sum(static r => (long)r.Data.Length + Encoding.UTF8.GetByteCount(r.PartitionKey));

    private static bool IsAtTip(RecordsPage page, long bytes) =>
        page.Records.Count < FullPage && bytes < FullBytes && (page.MillisBehindLatest ?? (page.Records.Count == 0 ? 0 : 1)) == 0;
}

/// <summary>
/// Decides how long to wait between two GetRecords calls of a shard. Kinesis allows 5 calls and 2 MiB a second for each shard, to all
/// consumers together (AWS: GetRecords).
/// </summary>
internal static class ReadPace
{
    /// <summary>The wait at the tip: one call a second, which leaves four to other consumers.</summary>
    public static readonly TimeSpan AtTip = TimeSpan.FromSeconds(1);

    /// <summary>The wait while behind the tip: four calls a second, which leaves one to other consumers.</summary>
    public static readonly TimeSpan Behind = TimeSpan.FromMilliseconds(250);

    private const double BytesPerSecond = 2 * 1024 * 1024;
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(5);

    /// <summary>Returns the wait after an answer.</summary>
    /// <param name="bytes">Bytes of keys and data in the answer.</param>
    /// <param name="isAtTip">Whether the answer reached the tip of the shard.</param>
    /// <param name="sinceCall">Time since the call was made: Kinesis counts calls from there, bytes from the answer.</param>
    public static TimeSpan After(long bytes, bool isAtTip, TimeSpan sinceCall)
    {
        var forCall = (isAtTip ? AtTip : Behind) - sinceCall;
        var forBytes = TimeSpan.FromSeconds(bytes / BytesPerSecond);
        return forBytes > forCall ? forBytes : forCall;
    }

    /// <summary>Returns the wait after the given number of failures in a row: 0.5 s, doubling up to 5 s.</summary>
    public static TimeSpan AfterFailure(int failures) =>
        TimeSpan.FromSeconds(Math.Min(LongestPause.TotalSeconds, 0.5 * Math.Pow(2, Math.Min(failures - 1, 10))));
}

/// <summary>Reads one stream. Each call throws <see cref="KinesisException"/> when it fails.</summary>
internal interface ITailSource
{
    /// <summary>Lists the shards on all pages of ListShards.</summary>
    Task<IReadOnlyList<ShardDescription>> ListShardsAsync(ShardFilter filter, CancellationToken cancellationToken);

    Task<string> GetShardIteratorAsync(string shardId, ShardPosition position, CancellationToken cancellationToken);

    Task<RecordsPage> GetRecordsAsync(string shardIterator, CancellationToken cancellationToken);
}
