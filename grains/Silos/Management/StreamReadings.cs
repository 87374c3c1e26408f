using Microsoft.Extensions.Logging;
using Orleans.Kpl.Pipeline.Kinesis;
using Orleans.Kpl.Silos.Links;
using Orleans.Kpl.Silos.Membership;

namespace Orleans.Kpl.Silos.Management;

/// <summary>
/// Reads the state of one stream from Kinesis once for all silos: its open and closed shards and its description. When the open shards have
/// changed, are read for the first time, or are refreshed, every silo is notified with one call. For one activation: not thread-safe.
/// </summary>
/// <param name="kinesis">The gateway to Kinesis itself.</param>
/// <param name="links">The links to the other silos.</param>
/// <param name="logger">Logs silos that could not be notified.</param>
internal sealed partial class StreamReadings(
    string stream, KplOptions options, IKinesisGateway kinesis, ISiloLinks links, LiveSilos silos, TimeProvider time, ILogger logger)
{
    private SharedReading<ShardReading>? _open;
    private SharedReading<IReadOnlyList<ShardRange>>? _closed;
    private SharedReading<StreamSummary>? _description;
    private ShardReading? _current;

    /// <summary>The open shards of the last reading; empty before it. Any thread may ask.</summary>
    public IReadOnlyList<ShardRange> Known => Volatile.Read(ref _current)?.Shards ?? [];

    private StreamTarget Target => StreamTarget.Of(stream, options.GetStream(stream));

    /// <summary>Reads the open shards; a reading that begins after the call.</summary>
    /// <exception cref="KinesisException">Kinesis did not return them.</exception>
    public Task<ShardReading> OpenAsync() => (_open ??= new(ReadOpenAsync)).ReadAsync();

    /// <summary>Reads the open shards and notifies every silo, changed or not: one may have missed the news of an earlier change.</summary>
    /// <exception cref="KinesisException">Kinesis did not return them.</exception>
    public async Task<ShardReading> RefreshAsync()
    {
        var former = _current;
        var read = await OpenAsync();
        // Otherwise they have been notified of the change.
        if (ReferenceEquals(read.Shards, former?.Shards))
            _ = TellAllAsync();
        return read;
    }

    /// <summary>Returns the open shards of the last reading; reads them if there was none.</summary>
    /// <exception cref="KinesisException">Kinesis did not return them.</exception>
    public Task<ShardReading> LastAsync() => _current is { } current ? Task.FromResult(current) : OpenAsync();

    /// <summary>Reads the closed shards that still hold records.</summary>
    /// <exception cref="KinesisException">Kinesis did not return them.</exception>
    public Task<IReadOnlyList<ShardRange>> ClosedAsync() =>
        (_closed ??= new(async () => await kinesis.ListClosedShardsAsync(Target, CancellationToken.None))).ReadAsync();

    /// <summary>Reads the status, record limit and creation time of the stream.</summary>
    /// <exception cref="KinesisException">Kinesis did not return them.</exception>
    public Task<StreamSummary> DescriptionAsync() =>
        (_description ??= new(async () => await kinesis.DescribeStreamSummaryAsync(Target, CancellationToken.None))).ReadAsync();

    private async Task<ShardReading> ReadOpenAsync()
    {
        var shards = await kinesis.ListShardsAsync(Target, CancellationToken.None);
        if (_current is { } former && former.Shards.SequenceEqual(shards))
            return _current = former with { ReadAt = time.GetUtcNow() };
        // The first one too: shards may have changed since the last reading of another manager, which was lost.
        _current = new ShardReading(time.GetUtcNow(), shards);
        _ = TellAllAsync();
        return _current;
    }

    /// <summary>
    /// Notifies every silo that it should read the map, those that leave and still send too, one beside the other: one that does not answer must not keep the
    /// news from the next. A silo that is not reached reads it within the refresh period.
    /// </summary>
    private Task TellAllAsync() => Task.WhenAll(silos.Active.Select(TellAsync));

    private async Task TellAsync(SiloId silo)
    {
        try
        {
            await links.To(silo).MapChangedAsync(stream);
        }
        catch (Exception e)
        {
            LogNotTold(e, silo, stream);
        }
    }

    [LoggerMessage(67, LogLevel.Warning, "Silo {Silo} was not told that the shards of {Stream} have changed")]
    private partial void LogNotTold(Exception error, SiloId silo, string stream);
}

/// <summary>The open shards of a stream, as they were read.</summary>
/// <param name="ReadAt">When they were read last.</param>
/// <param name="Shards">The shards, in the order of their hash keys.</param>
internal sealed record ShardReading(DateTimeOffset ReadAt, IReadOnlyList<ShardRange> Shards);

/// <summary>
/// Runs one reading at a time. A caller gets a reading that begins after its call; all calls during one reading share the next. For one
/// activation: not thread-safe.
/// </summary>
internal sealed class SharedReading<T>(Func<Task<T>> read)
{
    private Task<T>? _underWay;
    private Task<T>? _next;

    public Task<T> ReadAsync()
    {
        // The former reading may have ended before the next one has its turn. Another one beside it would run at the same time.
        if (_next is { } next)
            return next;
        if (_underWay is null or { IsCompleted: true })
            return _underWay = read();
        return _next = ReadAfterAsync(_underWay);
    }

    private async Task<T> ReadAfterAsync(Task<T> former)
    {
        await ((Task)former).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
        _underWay = _next;
        _next = null;
        return await read();
    }
}
