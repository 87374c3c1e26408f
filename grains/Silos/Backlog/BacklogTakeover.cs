using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using Orleans.Kpl.Pipeline.Backlog.Storing;
using Orleans.Kpl.Pipeline.Timing;
using Orleans.Kpl.Silos.Membership;

namespace Orleans.Kpl.Silos.Backlog;

/// <summary>
/// Takes over the logs of silos that are gone. Rendezvous hashing picks one silo for each log, which writes itself into the log's row,
/// seals the log, and replays it. After all silos were killed every row names a dead silo, and the replay begins with the first silo that
/// is back.
/// </summary>
internal sealed partial class BacklogTakeover : IAsyncDisposable
{
    private static readonly TimeSpan FirstWait = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LastWait = TimeSpan.FromMinutes(1);

    private readonly BacklogRegistry _registry;
    private readonly OwnedLogs _held;
    private readonly IBacklogReplayer _replays;
    private readonly LiveSilos _silos;
    private readonly TimeProvider _time;
    private readonly ILogger<BacklogTakeover> _logger;
    private readonly PeriodicCheck _lookout;
    private readonly PeriodicCheck _renewals;
    private readonly CancellationTokenSource _stop = new();
    private readonly ConcurrentDictionary<string, Task> _underWay = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, TaskCompletionSource> _uncounted = new(StringComparer.Ordinal);

    public BacklogTakeover(BacklogRegistry registry, OwnedLogs held, IBacklogReplayer replays, LiveSilos silos, TimeProvider time,
        ILogger<BacklogTakeover> logger)
    {
        (_registry, _held, _replays, _silos, _time, _logger) = (registry, held, replays, silos, time, logger);
        _lookout = new PeriodicCheck(silos, time, LookAsync, LogNotLooked);
        _renewals = new PeriodicCheck(silos, time, held.RenewAsync, LogNotRenewed);
    }

    /// <summary>The number of logs that are being replayed here.</summary>
    public int UnderWay => _underWay.Count;

    public void Start()
    {
        _lookout.Start();
        _renewals.Start();
    }

    /// <summary>Looks for logs soon: a silo gave some back, and another silo must take them over.</summary>
    public void LookSoon() => _lookout.LookSoon();

    /// <summary>Completes when the records of every log that was left, and is this silo's to replay, are counted here.</summary>
    public async Task CountedAsync(CancellationToken cancellationToken)
    {
        await _lookout.SettledAsync(cancellationToken).ConfigureAwait(false);
        await Task.WhenAll(_uncounted.Values.Select(static c => c.Task)).WaitAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Stops taking logs over. Replays under way continue until the producer is drained.</summary>
    public Task StopAsync() => Task.WhenAll(_lookout.StopAsync(), _renewals.StopAsync());

    /// <summary>Completes when no log is replayed here any more; to be called when the producer is drained.</summary>
    public async Task EndAsync()
    {
        await _stop.CancelAsync().ConfigureAwait(false);
        await Task.WhenAll(_underWay.Values).ConfigureAwait(false);
    }

    public async ValueTask DisposeAsync()
    {
        await _lookout.DisposeAsync().ConfigureAwait(false);
        await _renewals.DisposeAsync().ConfigureAwait(false);
        await EndAsync().ConfigureAwait(false);
        _stop.Dispose();
    }

    private async Task LookAsync(CancellationToken cancellationToken)
    {
        foreach (var writer in await _registry.ListAsync(cancellationToken).ConfigureAwait(false))
        {
            if (!IsMine(writer) || !await _held.TryTakeAsync(writer, cancellationToken).ConfigureAwait(false))
                continue;
            LogTaken(writer.Key, writer.Silo);
            var begin = new TaskCompletionSource<Task>();
            var counted = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            var replay = ReplayAsync(writer, counted, begin.Task);
            _uncounted[writer.Key] = counted;
            _underWay[writer.Key] = replay;
            begin.SetResult(replay);
        }
    }

    /// <summary>
    /// Whether this silo must take the log. Either no live silo answers for it and rendezvous picks this one, or its row names this silo,
    /// which does not hold it.
    /// </summary>
    private bool IsMine(BacklogWriter writer)
    {
        if (_held.Holds(writer))
            return false;
        if (_silos.Self.Equals(writer.Silo))
            return true;
        // At once, also after a quick restart: a silo that lives notices that its log was taken, and opens another.
        return (writer.Silo is null || _silos.IsLost(writer.Silo, clocksDiffer: 0)) && _silos.Self.Equals(_silos.OwnerOf($"backlog/{writer.Key}"));
    }

    /// <param name="begin">Brings this replay itself. When it ends, another one of the same log may be under way: the row was taken again meanwhile.</param>
    private async Task ReplayAsync(BacklogWriter writer, TaskCompletionSource counted, Task<Task> begin)
    {
        var self = await begin.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        try
        {
            var log = await OpenAsync(writer.Key).ConfigureAwait(false);
            await _replays.ReplayAsync(writer.Stream, log, () => Counted(writer, counted)).ConfigureAwait(false);
            await _held.LetGoAsync(writer, isEmpty: true).ConfigureAwait(false);
            LogReplayed(writer.Key);
        }
        catch (Exception e)
        {
            // If another silo took the log, its row belongs to that silo and giving it back has no effect.
            await _held.LetGoAsync(writer, isEmpty: false).ConfigureAwait(false);
            if (e is OperationCanceledException or ObjectDisposedException)
                LogLeft(writer.Key);
            else
                LogNotReplayed(e, writer.Key);
        }
        finally
        {
            Counted(writer, counted);
            _underWay.TryRemove(KeyValuePair.Create(writer.Key, self));
        }
    }

    private void Counted(BacklogWriter writer, TaskCompletionSource counted)
    {
        _uncounted.TryRemove(KeyValuePair.Create(writer.Key, counted));
        counted.TrySetResult();
    }

    private Task<ISegmentLog> OpenAsync(string key) => new Backoff(FirstWait, LastWait).RetryAsync(
        () => _held.OpenAsync(key, _stop.Token),
        (e, _) =>
        {
            var isTransient = e is BacklogStoreException and not BacklogFencedException;
            if (isTransient)
                LogNotOpened(e, key);
            return isTransient;
        },
        _time, _stop.Token);

    [LoggerMessage(50, LogLevel.Information, "The log {Log} of the backlog, left by {Silo}, is replayed here")]
    private partial void LogTaken(string log, SiloId? silo);

    [LoggerMessage(51, LogLevel.Information, "Everything in the log {Log} of the backlog has come to its end")]
    private partial void LogReplayed(string log);

    [LoggerMessage(52, LogLevel.Information, "This silo leaves: what is left in the log {Log} of the backlog is given back")]
    private partial void LogLeft(string log);

    [LoggerMessage(53, LogLevel.Warning, "The log {Log} of the backlog is not replayed here any more")]
    private partial void LogNotReplayed(Exception error, string log);

    [LoggerMessage(54, LogLevel.Warning, "The log {Log} of the backlog could not be opened; it is tried again")]
    private partial void LogNotOpened(Exception error, string log);

    [LoggerMessage(86, LogLevel.Warning, "The logs of the backlog could not be looked through; it is tried again soon")]
    private partial void LogNotLooked(Exception error);

    [LoggerMessage(89, LogLevel.Warning, "The table could not be told to keep what waits in the backlog; it is tried again soon")]
    private partial void LogNotRenewed(Exception error);
}

/// <summary>Delivers the records that other silos left in the backlog.</summary>
internal interface IBacklogReplayer
{
    /// <summary>
    /// Completes when every record in the log has been delivered or has become a dead letter. The log is closed then, whether the replay
    /// succeeded or failed.
    /// </summary>
    /// <param name="stream">The stream of the records.</param>
    /// <param name="counted">Called as soon as the records are counted in the stream's ledger.</param>
    /// <exception cref="BacklogFencedException">Another silo answers for the log now.</exception>
    /// <exception cref="ObjectDisposedException">This silo drains; undelivered records stay in the log.</exception>
    Task ReplayAsync(string stream, ISegmentLog log, Action counted);
}
