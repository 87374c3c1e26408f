using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using Orleans.Kpl.Pipeline.State;
using Orleans.Kpl.Silos.Membership;
using Orleans.Kpl.Silos.Naming;

namespace Orleans.Kpl.Silos.Leases;

/// <summary>
/// Numbers the owners of shards whose order matters, one row for each shard. Each owner takes the next number. A former owner that did not
/// give its epoch back may still be sending, so the next one waits until it cannot be any more.
/// </summary>
internal sealed partial class ShardEpochs
{
    private static readonly TimeSpan RetryAfter = TimeSpan.FromMilliseconds(500);

    private const int AskedAtOnce = 16;

    private readonly IStateStore _store;
    private readonly SiloLease _lease;
    private readonly LeaseWatch _watch;
    private readonly LiveSilos _silos;
    private readonly KplOptions _options;
    private readonly TimeProvider _time;
    private readonly ILogger<ShardEpochs> _logger;
    private readonly ConcurrentDictionary<ShardKey, StateRow> _held = new();

    // The rows of writes that are under way, or got no answer: they may have been made. One that was is given back like one that is held.
    private readonly ConcurrentDictionary<ShardKey, StateRow> _unanswered = new();

    public ShardEpochs(
        IStateStore store, SiloLease lease, LeaseWatch watch, LiveSilos silos, KplOptions options, TimeProvider time, ILogger<ShardEpochs> logger)
    {
        (_store, _lease, _watch, _silos, _options, _time, _logger) = (store, lease, watch, silos, options, time, logger);
        lease.Reassure = ReassureAsync;
    }

    /// <summary>
    /// Called when another silo owns a shard: nothing more may be sent for it here. Completes when no call can have records of it; the lease
    /// is not valid before.
    /// </summary>
    public Func<ShardKey, Task>? Lost { get; set; }

    /// <summary>Whether shards of the stream take epochs.</summary>
    public bool IsNeeded(string stream) => _options.GetStream(stream).Ordered != OrderedMode.Off;

    /// <summary>Returns the epoch of the shard that this silo holds; 0 for none.</summary>
    public long EpochOf(ShardKey shard) => _held.TryGetValue(shard, out var row) ? row.Version : 0;

    /// <summary>
    /// Takes the shard; completes when no other silo can be sending for it. Retries until it is cancelled; an epoch that it took must then
    /// still be given back. A shard that is marked as closed is not taken while its listing may lag behind.
    /// </summary>
    /// <param name="isListed">Reads the shard map, and tells whether it shows the shard.</param>
    /// <param name="cancellationToken">Cancelled when the shard is released.</param>
    public async Task TakeAsync(ShardKey shard, Func<CancellationToken, Task<bool>> isListed, CancellationToken cancellationToken)
    {
        _watch.Start();
        var closed = new ClosedShardCheck(isListed, _time);
        await UntilDoneAsync(shard, async () =>
        {
            await _lease.HoldAsync().WaitAsync(cancellationToken).ConfigureAwait(false);
            return await TryTakeAsync(shard, closed, cancellationToken).ConfigureAwait(false);
        }, cancellationToken).ConfigureAwait(false);
        var formers = _held.TryGetValue(shard, out var taken) ? Formers(taken) : [];
        if (formers.Length == 0)
            return;
        var timeout = _options.GetStream(shard.Stream).RequestTimeout;
        LogWaiting(shard.Stream, shard.ShardId, string.Join(", ", formers), timeout.TotalSeconds);
        // One that lives goes on renewing, also while it does not know that it is taken for lost: it must read that it has lost the shard before its lease is
        // good again.
        foreach (var former in formers)
            await UntilDoneAsync(shard, () => DoubtAsync(former, cancellationToken), cancellationToken).ConfigureAwait(false);
        await _watch.SilentAsync(formers.Select(f => _watch.OverAsync(f, cancellationToken)), timeout, cancellationToken).ConfigureAwait(false);
        await UntilDoneAsync(shard, () => TryForgetAsync(shard), cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Gives the shard back: this silo sends nothing more for it, so the next owner need not wait.</summary>
    /// <param name="isClosed">Whether it is closed for good, and nobody may take it again.</param>
    /// <param name="cancellationToken">Cancels the write; the next owner then waits.</param>
    public async Task GiveBackAsync(ShardKey shard, bool isClosed, CancellationToken cancellationToken)
    {
        _held.TryRemove(shard, out var row);
        try
        {
            if (_unanswered.TryRemove(shard, out var written)
                && await _store.ReadAsync(KindOf(shard), shard.ShardId, cancellationToken).ConfigureAwait(false) == written)
                row = written;
            if (row is not null)
            {
                var text = EpochText.GivenBack(Formers(row), isClosed);
                await _store.WriteAsync(KindOf(shard), shard.ShardId, row.Version, text, cancellationToken).ConfigureAwait(false);
            }
        }
        catch (Exception e)
        {
            // The next owner then waits.
            LogNotGivenBack(e, shard.Stream, shard.ShardId);
        }
    }

    /// <summary>
    /// Takes the shard's epoch. From the write on, the shard is held and its loss would be noticed. That write is not cancelled half-way:
    /// otherwise no silo would give back the epoch it took.
    /// </summary>
    private async Task<bool> TryTakeAsync(ShardKey shard, ClosedShardCheck closed, CancellationToken cancellationToken)
    {
        var former = await _store.ReadAsync(KindOf(shard), shard.ShardId, cancellationToken).ConfigureAwait(false);
        if (!await closed.MayTakeAsync(former, cancellationToken).ConfigureAwait(false))
            return false;
        var text = EpochText.OwnedBy(Self, former is null ? [] : Formers(former));
        if (await WriteAsync(shard, former?.Version ?? 0, text).ConfigureAwait(false) is not { } taken)
            return false;
        _held[shard] = taken;
        return true;
    }

    /// <summary>
    /// Removes the former owners from the row, since they cannot be sending any more. Also makes sure that no other silo has taken the
    /// shard after this one.
    /// </summary>
    private async Task<bool> TryForgetAsync(ShardKey shard)
    {
        if (!_held.TryGetValue(shard, out var held))
            return false;
        if (await WriteAsync(shard, held.Version, EpochText.OwnedBy(Self)).ConfigureAwait(false) is { } alone)
            return _held.TryUpdate(shard, alone, held);
        await LetGoAsync(shard, held).ConfigureAwait(false);
        return false;
    }

    /// <summary>Writes a row that names this silo as owner; null where another one wrote meanwhile.</summary>
    private async Task<StateRow?> WriteAsync(ShardKey shard, long over, string text)
    {
        _unanswered[shard] = new StateRow(KindOf(shard), shard.ShardId, over + 1, text);
        var row = await _store.WriteAsync(KindOf(shard), shard.ShardId, over, text, CancellationToken.None).ConfigureAwait(false);
        _unanswered.TryRemove(shard, out _);
        return row;
    }

    private async Task<bool> DoubtAsync(string silo, CancellationToken cancellationToken)
    {
        await SiloLease.DoubtAsync(_store, silo, cancellationToken).ConfigureAwait(false);
        return true;
    }

    private async Task UntilDoneAsync(ShardKey shard, Func<Task<bool>> tryAsync, CancellationToken cancellationToken)
    {
        while (true)
        {
            try
            {
                if (await tryAsync().ConfigureAwait(false))
                    return;
            }
            catch (Exception e) when (e is not OperationCanceledException || !cancellationToken.IsCancellationRequested)
            {
                // Every error is retried: once this returns, records are sent for the shard.
                LogNotTaken(e, shard.Stream, shard.ShardId);
            }

            await Task.Delay(RetryAfter, _time, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>
    /// Releases the shards that other silos took while the lease had lapsed. Nothing is sent meanwhile, so many rows are read at once, and one that cannot be
    /// read is read again by itself: of thousands, one may always fail.
    /// </summary>
    private Task ReassureAsync(CancellationToken cancellationToken) => Parallel.ForEachAsync(
        _held,
        new ParallelOptions { MaxDegreeOfParallelism = AskedAtOnce, CancellationToken = cancellationToken },
        async (shard, stopped) => await UntilDoneAsync(shard.Key, async () =>
        {
            if (!_held.ContainsKey(shard.Key))
                return true;
            var row = await _store.ReadAsync(KindOf(shard.Key), shard.Key.ShardId, stopped).ConfigureAwait(false);
            // A row that names this silo as owner was written here a moment ago, and the new version is not noted yet.
            var isOwn = row is not null && EpochText.IsOwnedBy(Self, row.Text);
            if (row != shard.Value && !isOwn && _held.TryGetValue(shard.Key, out var now) && now == shard.Value)
                await LetGoAsync(shard.Key, shard.Value).ConfigureAwait(false);
            return true;
        }, stopped).ConfigureAwait(false));

    /// <summary>Lets a shard go. It counts as held until nothing is sent for it, so that whoever fails here tries again.</summary>
    private async Task LetGoAsync(ShardKey shard, StateRow held)
    {
        LogLost(shard.Stream, shard.ShardId);
        if (Lost is { } lost)
            await lost(shard).ConfigureAwait(false);
        _held.TryRemove(KeyValuePair.Create(shard, held));
    }

    private string[] Formers(StateRow row) => [.. EpochText.SendersOf(row.Text).Where(s => s != Self)];

    private string Self => _silos.Self.ToParsableString();

    internal static string KindOf(ShardKey shard) => $"epoch:{shard.Stream}";

    [LoggerMessage(71, LogLevel.Warning, "The owner of {Stream} {Shard} could not be read or written in the table; its records wait, and where the lease had lapsed those of all ordered streams; it is tried again")]
    private partial void LogNotTaken(Exception error, string stream, string shard);

    [LoggerMessage(72, LogLevel.Warning, "{Stream} {Shard} was not given back; its next owner waits")]
    private partial void LogNotGivenBack(Exception error, string stream, string shard);

    [LoggerMessage(73, LogLevel.Information, "{Stream} {Shard}: {Former} did not give it back; its records wait until that one's lease is over, and {Seconds} s for its last request")]
    private partial void LogWaiting(string stream, string shard, string former, double seconds);

    [LoggerMessage(74, LogLevel.Warning, "{Stream} {Shard} was taken by another silo while this one could not renew its lease")]
    private partial void LogLost(string stream, string shard);
}

/// <summary>
/// Keeps a silo whose shard map is older from taking an ordered shard that the owner of a child has marked as closed: what it sent would lie among the
/// records of the child. For one taking of one shard.
/// </summary>
/// <param name="isListed">Reads the shard map, and tells whether it shows the shard.</param>
internal sealed class ClosedShardCheck(Func<CancellationToken, Task<bool>> isListed, TimeProvider time)
{
    /// <summary>
    /// So long listings must have gone on showing a shard that is marked as closed. Then they do not lag behind: the stream was created again, and its
    /// shards have the ids of the former ones.
    /// </summary>
    public static readonly TimeSpan ListingLag = TimeSpan.FromSeconds(5);

    private long? _since;

    /// <summary>Whether the shard may be taken over that row.</summary>
    public async Task<bool> MayTakeAsync(StateRow? row, CancellationToken cancellationToken)
    {
        if (row?.Text != EpochText.Closed)
            return true;
        var now = time.GetTimestamp();
        _since = await isListed(cancellationToken).ConfigureAwait(false) ? _since ?? now : null;
        return _since is { } since && time.GetElapsedTime(since, now) >= ListingLag;
    }
}
