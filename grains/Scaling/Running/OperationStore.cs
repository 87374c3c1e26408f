using System.Globalization;
using System.Security.Cryptography;
using System.Text.Json;
using Orleans.Kpl.Administration;
using Orleans.Kpl.Pipeline.State;
using Orleans.Kpl.Scaling.Operations;

namespace Orleans.Kpl.Scaling.Running;

/// <summary>
/// A stream's rows: <c>operation</c> / stream is the intent, of which there is one at most; <c>history:STREAM</c> / time and id are ended operations
/// and decisions. The intent's row stays when it has ended: a new row would count its versions from 1 again, and so might have the version that a
/// holder of long ago writes over.
/// </summary>
internal sealed class OperationStore(IStateStore store, string stream, TimeProvider time, IAdminEvents events)
{
    /// <summary>The row kind of the intents of all streams.</summary>
    public const string IntentKind = "operation";

    /// <summary>The maximum number of ended operations in the history, and of decisions beside them.</summary>
    public const int MostHistory = 100;

    private string HistoryKind => $"history:{stream}";

    /// <summary>Returns whether a row of <see cref="IntentKind"/> is an intent, and not what one has left.</summary>
    public static bool IsIntent(StateRow row) => row.Text.Length > 0 && !row.Text.Contains(ReshardOperation.LeftMark, StringComparison.Ordinal);

    /// <summary>Begins an operation; null where one exists already.</summary>
    /// <exception cref="StateStoreException">The store did not answer.</exception>
    public async Task<LeasedOperation?> BeginAsync(ReshardOperation operation, CancellationToken cancellationToken)
    {
        var last = await store.ReadAsync(IntentKind, stream, cancellationToken).ConfigureAwait(false);
        if (last is not null && IsIntent(last))
            return null;
        var row = await store.WriteAsync(IntentKind, stream, last?.Version ?? 0, operation.ToJson(), cancellationToken).ConfigureAwait(false);
        return row is null ? null : Lease(row, operation);
    }

    /// <summary>Returns the current operation as it was last saved; null for none.</summary>
    /// <exception cref="StateStoreException">The store did not answer.</exception>
    public async Task<LeasedOperation?> FindAsync(CancellationToken cancellationToken) =>
        await store.ReadAsync(IntentKind, stream, cancellationToken).ConfigureAwait(false) is { } row && IsIntent(row)
            ? Lease(row, ReshardOperation.FromJson(row.Text))
            : null;

    /// <summary>Moves an ended operation from its intent to the history. Repeating it changes nothing.</summary>
    /// <exception cref="StateStoreException">The store did not answer.</exception>
    public async Task EndAsync(LeasedOperation held, CancellationToken cancellationToken)
    {
        var told = held.Operation.ToStreamOperation();
        await AddAsync(held.Operation.Id, told, cancellationToken).ConfigureAwait(false);
        await held.ClearAsync(cancellationToken).ConfigureAwait(false);
        await ForgetOldAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Adds a decision to the history.</summary>
    /// <exception cref="StateStoreException">The store did not answer.</exception>
    public async Task NoteAsync(string reason, CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        var note = new StreamOperation { Kind = StreamOperationKind.Decision, State = OperationState.Done, StartedAt = now, EndedAt = now, Reason = reason };
        await AddAsync(OperationIds.New(StreamOperationKind.Decision, now), note, cancellationToken).ConfigureAwait(false);
        await ForgetOldAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Notes a change that was made: it is no failed one where the note fails.</summary>
    public async Task TryNoteAsync(string reason)
    {
        try
        {
            await NoteAsync(reason, CancellationToken.None).ConfigureAwait(false);
        }
        catch (StateStoreException e)
        {
            events.Troubled(stream, $"noting in the history: {reason}", e);
        }
    }

    /// <summary>Returns the history, latest first.</summary>
    /// <exception cref="StateStoreException">The store did not answer.</exception>
    public async Task<IReadOnlyList<StreamOperation>> HistoryAsync(CancellationToken cancellationToken)
    {
        var rows = await store.ListAsync(HistoryKind, cancellationToken).ConfigureAwait(false);
        return [.. rows.Select(static r => AdminJson.Read(r.Text, AdminJson.Default.StreamOperation)).OrderByDescending(static o => o.StartedAt)];
    }

    private async Task AddAsync(string key, StreamOperation entry, CancellationToken cancellationToken) =>
        await store.WriteAsync(HistoryKind, key, 0, JsonSerializer.Serialize(entry, AdminJson.Default.StreamOperation), cancellationToken)
            .ConfigureAwait(false);

    private async Task ForgetOldAsync(CancellationToken cancellationToken)
    {
        var rows = await store.ListAsync(HistoryKind, cancellationToken).ConfigureAwait(false);
        foreach (var row in rows.GroupBy(static r => OperationIds.IsDecision(r.Key)).SelectMany(static g => g.SkipLast(MostHistory)))
            await store.DeleteAsync(row.Kind, row.Key, row.Version, cancellationToken).ConfigureAwait(false);
    }

    private LeasedOperation Lease(StateRow row, ReshardOperation operation) =>
        new(store, row, operation, time, e => events.Troubled(stream, "saving its operation", e));
}

/// <summary>Creates ids of operations: those of a stream sort by the time they were begun.</summary>
internal static class OperationIds
{
    public static string New(StreamOperationKind kind, DateTimeOffset now) => string.Create(
        CultureInfo.InvariantCulture, $"{now.UtcDateTime:yyyyMMdd'T'HHmmssfff}-{Word(kind)}-{Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(4))}");

    /// <summary>Returns whether it is the id of a decision that was not carried out.</summary>
    public static bool IsDecision(string id) => id.Contains($"-{Word(StreamOperationKind.Decision)}-", StringComparison.Ordinal);

    /// <summary>The kind in the ids of rows that are kept: its members keep their names.</summary>
    private static string Word(StreamOperationKind kind) => kind.ToString().ToLowerInvariant();
}

/// <summary>The intent of a stream as its holder last wrote it. Each write replaces exactly that version, so two holders never both continue.</summary>
/// <param name="troubled">Hears why it cannot be saved, once for each reason.</param>
internal sealed class LeasedOperation(IStateStore store, StateRow row, ReshardOperation operation, TimeProvider time, Action<Exception> troubled)
{
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(2);

    private long _version = row.Version;
    private string? _told;

    public ReshardOperation Operation { get; private set; } = operation;

    /// <summary>Saves the operation and returns when it is saved. A store that does not answer is waited for.</summary>
    /// <exception cref="OperationLostException">Another process holds it.</exception>
    public async Task SaveAsync(ReshardOperation operation, CancellationToken cancellationToken)
    {
        if (ReferenceEquals(operation, Operation))
            return;
        var text = operation.ToJson();
        while (true)
        {
            try
            {
                var written = await store.WriteAsync(row.Kind, row.Key, _version, text, cancellationToken).ConfigureAwait(false);
                _version = written?.Version ?? throw new OperationLostException($"{operation.Id} of {operation.Stream} is run by somebody else, or was ended.");
                Operation = operation;
                return;
            }
            catch (StateStoreException e)
            {
                if (_told != e.Message)
                    troubled(e);
                _told = e.Message;
                await Task.Delay(Pause, time, cancellationToken).ConfigureAwait(false);
            }
        }
    }

    /// <summary>Leaves no intent in its row: the operation has ended and is in the history.</summary>
    public Task ClearAsync(CancellationToken cancellationToken) => store.WriteAsync(row.Kind, row.Key, _version, Operation.Left().ToJson(), cancellationToken);
}

/// <summary>Another process has written the intent: the process that catches this must not continue.</summary>
internal sealed class OperationLostException(string message) : Exception(message);
