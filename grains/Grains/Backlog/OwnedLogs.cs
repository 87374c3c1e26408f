using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using Orleans.Kpl.Grains.Membership;
using Orleans.Kpl.Pipeline.Backlog.Storing;
using Orleans.Kpl.Pipeline.State;

namespace Orleans.Kpl.Grains.Backlog;

/// <summary>The logs that this silo answers for: those it writes and those it took over.</summary>
/// <param name="registry">Which logs there are.</param>
/// <param name="stores">The store as the writer of that id sees it.</param>
/// <param name="silos">Who this silo is.</param>
/// <param name="time">The time.</param>
/// <param name="logger">Where to log.</param>
internal sealed partial class OwnedLogs(BacklogRegistry registry, IWriterStores stores, LiveSilos silos, TimeProvider time, ILogger<OwnedLogs> logger)
{
    /// <summary>How long giving a log back may take: a silo that leaves does not wait for a store that is down.</summary>
    private static readonly TimeSpan LetGoLimit = TimeSpan.FromSeconds(5);

    private readonly ConcurrentDictionary<string, BacklogWriter> _held = new(StringComparer.Ordinal);

    /// <summary>Whether this silo answers for the log, or is about to.</summary>
    public bool Holds(BacklogWriter writer) => _held.ContainsKey(writer.Key);

    /// <summary>Begins a log of a stream; its row is there before anything is written.</summary>
    /// <exception cref="BacklogStoreException">It could not be entered or opened.</exception>
    public async Task<OwnedLog> BeginAsync(string stream, CancellationToken cancellationToken)
    {
        var writer = new BacklogWriter(stream, BacklogWriter.NewId(silos.Self), silos.Self, 0);
        _held[writer.Key] = writer;
        try
        {
            writer = await registry.AddAsync(stream, writer.Id, silos.Self, cancellationToken).ConfigureAwait(false);
            _held[writer.Key] = writer;
            return new OwnedLog(await OpenAsync(writer, cancellationToken).ConfigureAwait(false), writer, this);
        }
        catch (Exception e)
        {
            // Its row, if there is one, is found like any other that nobody holds.
            _held.TryRemove(writer.Key, out _);
            if (e is StateStoreException)
                throw new BacklogStoreException($"the log could not be entered: {e.Message}", inner: e);
            throw;
        }
    }

    /// <summary>Makes this silo the one that answers for a log; false when another one was faster.</summary>
    /// <exception cref="StateStoreException">The store did not answer, or refused.</exception>
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

    /// <summary>Opens a log that this silo has taken: from then on its former writer can write no more.</summary>
    /// <exception cref="BacklogStoreException">It could not be opened.</exception>
    public Task<ISegmentLog> OpenAsync(string key, CancellationToken cancellationToken) => OpenAsync(_held[key], cancellationToken);

    /// <summary>The log is not looked after here any more: it is struck off where nothing is left in it, else given back.</summary>
    public async Task LetGoAsync(BacklogWriter writer, bool isEmpty)
    {
        if (!_held.TryGetValue(writer.Key, out var held))
            return;
        using var limit = new CancellationTokenSource(LetGoLimit, time);
        try
        {
            if (isEmpty)
                await registry.RemoveAsync(held, limit.Token).ConfigureAwait(false);
            else
                await registry.PassAsync(held, null, limit.Token).ConfigureAwait(false);
        }
        catch (Exception e) when (e is StateStoreException or OperationCanceledException)
        {
            // Its row goes on naming this silo, until that is gone, or looks through the rows again.
            LogNotLetGo(e, writer.Key);
        }

        _held.TryRemove(writer.Key, out _);
    }

    private Task<ISegmentLog> OpenAsync(BacklogWriter writer, CancellationToken cancellationToken) =>
        stores.Of(writer.Id).OpenAsync(writer.Stream, SegmentLogKind.Records, cancellationToken);

    [LoggerMessage(80, LogLevel.Warning, "The log {Log} of the backlog could not be given back; it is found later")]
    private partial void LogNotLetGo(Exception error, string log);
}
