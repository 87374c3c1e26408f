using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using Orleans.Kpl.Pipeline.Backlog.Storing;
using Orleans.Kpl.Pipeline.State;
using Orleans.Kpl.Silos.Membership;

namespace Orleans.Kpl.Silos.Backlog;

/// <summary>The logs that this silo answers for: those it writes and those it took over.</summary>
/// <param name="registry">Lists the logs.</param>
/// <param name="stores">The store as the writer of that id sees it.</param>
/// <param name="silos">Knows which silo this is.</param>
/// <param name="newId">Makes ids that are never used twice.</param>
internal sealed partial class OwnedLogs(
    BacklogRegistry registry, IWriterStores stores, LiveSilos silos, Func<Guid> newId, TimeProvider time, ILogger<OwnedLogs> logger)
{
    /// <summary>The time limit for giving a log back: a silo that leaves does not wait for a store that is down.</summary>
    private static readonly TimeSpan LetGoLimit = TimeSpan.FromSeconds(5);

    private readonly ConcurrentDictionary<string, BacklogWriter> _held = new(StringComparer.Ordinal);

    private readonly ConcurrentDictionary<string, ISegmentLog> _open = new(StringComparer.Ordinal);

    /// <summary>By stream, a log that has its row and could not be opened. The next try is for the same one: else each try would leave a row.</summary>
    private readonly ConcurrentDictionary<string, BacklogWriter> _unopened = new(StringComparer.Ordinal);

    /// <summary>Whether this silo answers for the log, or is about to.</summary>
    public bool Holds(BacklogWriter writer) => _held.ContainsKey(writer.Key);

    /// <summary>Begins a log of a stream; its row is there before anything is written.</summary>
    /// <remarks>
    /// A silo that was frozen between the two may have been taken for lost. Whoever took the log over found nothing, and fenced nobody: the log was in no
    /// store. So the row is read once more when the log is open, and from then on every other silo that opens it fences this one.
    /// </remarks>
    /// <exception cref="BacklogStoreException">The row could not be added, or the log could not be opened, or another silo took it.</exception>
    public async Task<ISegmentLog> BeginAsync(string stream, CancellationToken cancellationToken)
    {
        try
        {
            var writer = await EnterAsync(stream, cancellationToken).ConfigureAwait(false);
            return await OpenEnteredAsync(writer, cancellationToken).ConfigureAwait(false)
                ?? throw new BacklogStoreException($"another silo took the log {writer.Key} over before it was open");
        }
        catch (StateStoreException e)
        {
            throw new BacklogStoreException($"the log could not be entered: {e.Message}", inner: e);
        }
    }

    /// <summary>Adds the row of a log, or takes that of one that could not be opened, unless another silo has it now.</summary>
    private async Task<BacklogWriter> EnterAsync(string stream, CancellationToken cancellationToken)
    {
        if (_unopened.TryRemove(stream, out var unopened))
        {
            if (await TakeAgainAsync(unopened, cancellationToken).ConfigureAwait(false) is { } again)
                return _held[again.Key] = again;
            _held.TryRemove(unopened.Key, out _);
        }

        var writer = new BacklogWriter(stream, BacklogWriter.IdOf(silos.Self, newId()), silos.Self, 0);
        _held[writer.Key] = writer;
        try
        {
            return _held[writer.Key] = await registry.AddAsync(stream, writer.Id, silos.Self, cancellationToken).ConfigureAwait(false);
        }
        catch
        {
            // If the row was written, it is found like any other that no silo holds.
            _held.TryRemove(writer.Key, out _);
            throw;
        }
    }

    /// <summary>Opens a log that has its row; null where another silo has taken the row meanwhile.</summary>
    private async Task<ISegmentLog?> OpenEnteredAsync(BacklogWriter writer, CancellationToken cancellationToken)
    {
        ISegmentLog log;
        try
        {
            log = await OpenAsync(writer, cancellationToken).ConfigureAwait(false);
            if (await registry.HasAsync(writer, cancellationToken).ConfigureAwait(false))
                return log;
        }
        catch
        {
            await CloseAsync(writer).ConfigureAwait(false);
            Keep(writer);
            throw;
        }

        await CloseAsync(writer).ConfigureAwait(false);
        _held.TryRemove(writer.Key, out _);
        // This silo's opening undid the end that the other one has set for the log.
        await log.RetireAsync(cancellationToken).ConfigureAwait(false);
        return null;
    }

    private async Task CloseAsync(BacklogWriter writer)
    {
        if (_open.TryRemove(writer.Key, out var log))
            await log.DisposeAsync().ConfigureAwait(false);
    }

    private async Task<BacklogWriter?> TakeAgainAsync(BacklogWriter writer, CancellationToken cancellationToken)
    {
        try
        {
            return await registry.PassAsync(writer, silos.Self, cancellationToken).ConfigureAwait(false);
        }
        catch
        {
            Keep(writer);
            throw;
        }
    }

    /// <summary>Keeps a log for the stream's next try. Where there is one already, its row is found like any other that no silo holds.</summary>
    private void Keep(BacklogWriter writer)
    {
        if (!_unopened.TryAdd(writer.Stream, writer))
            _held.TryRemove(writer.Key, out _);
    }

    /// <summary>Makes this silo answer for a log; false when another one was faster.</summary>
    /// <exception cref="StateStoreException">The store did not answer, or rejected the call.</exception>
    public async Task<bool> TryTakeAsync(BacklogWriter writer, CancellationToken cancellationToken)
    {
        if (!_held.TryAdd(writer.Key, writer))
            return false;
        try
        {
            if (await registry.PassAsync(writer, silos.Self, cancellationToken).ConfigureAwait(false) is { } taken)
            {
                _held[writer.Key] = taken;
                return true;
            }
        }
        catch
        {
            _held.TryRemove(writer.Key, out _);
            throw;
        }

        _held.TryRemove(writer.Key, out _);
        return false;
    }

    /// <summary>Opens a log that this silo has taken: from then on its former writer cannot write to it.</summary>
    /// <exception cref="BacklogStoreException">The log could not be opened.</exception>
    public Task<ISegmentLog> OpenAsync(string key, CancellationToken cancellationToken) => OpenAsync(_held[key], cancellationToken);

    /// <summary>Stops answering for a log that was opened here.</summary>
    /// <inheritdoc cref="LetGoAsync(BacklogWriter, bool)"/>
    public Task LetGoAsync(ISegmentLog log, bool isEmpty) =>
        _open.FirstOrDefault(o => o.Value == log).Key is { } key && _held.TryGetValue(key, out var writer) ? LetGoAsync(writer, isEmpty) : Task.CompletedTask;

    /// <summary>Stops answering for the log: removes its row if nothing is left in it, else gives it back.</summary>
    public async Task LetGoAsync(BacklogWriter writer, bool isEmpty)
    {
        if (!_held.TryGetValue(writer.Key, out var held))
            return;
        using var limit = new CancellationTokenSource(LetGoLimit, time);
        try
        {
            if (isEmpty)
            {
                // First, for without its row nobody finds the log any more. Where that row stays, whoever opens the log again takes the end back.
                if (_open.TryGetValue(writer.Key, out var log))
                    await log.RetireAsync(limit.Token).ConfigureAwait(false);
                await registry.RemoveAsync(held, limit.Token).ConfigureAwait(false);
            }
            else
            {
                await registry.PassAsync(held, null, limit.Token).ConfigureAwait(false);
            }
        }
        catch (Exception e)
        {
            // A row that is still there keeps naming this silo until the silo is gone or checks the rows again.
            LogNotLetGo(e, writer.Key);
        }
        finally
        {
            _open.TryRemove(writer.Key, out _);
            _held.TryRemove(writer.Key, out _);
        }
    }

    /// <summary>Has the store keep what waits in the open logs, some of it at a time.</summary>
    /// <exception cref="BacklogStoreException">The store did not answer, or refused, for some of them.</exception>
    public Task RenewAsync(CancellationToken cancellationToken) => Task.WhenAll(_open.Values.Select(l => l.RenewAsync(cancellationToken)));

    private async Task<ISegmentLog> OpenAsync(BacklogWriter writer, CancellationToken cancellationToken) =>
        _open[writer.Key] = await stores.Of(writer.Id).OpenAsync(writer.Stream, SegmentLogKind.Records, cancellationToken).ConfigureAwait(false);

    [LoggerMessage(49, LogLevel.Warning, "The log {Log} of the backlog could not be given back; it is found later")]
    private partial void LogNotLetGo(Exception error, string log);
}
