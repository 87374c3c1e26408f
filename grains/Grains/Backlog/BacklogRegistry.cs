using Orleans.Kpl.Pipeline.State;
using Orleans.Runtime;

namespace Orleans.Kpl.Grains.Backlog;

/// <summary>
/// Which logs there are, one row for each, from before its first segment until everything in it has come to its end. So whatever a
/// silo leaves behind, somebody finds it.
/// </summary>
internal sealed class BacklogRegistry(IStateStore store)
{
    /// <summary>The kind of its rows.</summary>
    public const string Kind = "backlog";

    private const string Nobody = "";

    /// <summary>Enters a new log. Trying again after an error is safe.</summary>
    /// <exception cref="StateStoreException">The store did not answer, or refused.</exception>
    public async Task<BacklogWriter> AddAsync(string stream, string id, SiloAddress silo, CancellationToken cancellationToken)
    {
        var writer = new BacklogWriter(stream, id, silo, 1);
        // An id is used once: a row that is there already is from an answer that got lost, unless somebody has taken the log meanwhile.
        var row = await store.WriteAsync(Kind, writer.Key, 0, silo.ToParsableString(), cancellationToken).ConfigureAwait(false)
            ?? await store.ReadAsync(Kind, writer.Key, cancellationToken).ConfigureAwait(false);
        return row is { Version: 1 } ? writer : throw new StateStoreException($"the log {writer.Key} was taken over before it was begun");
    }

    /// <summary>Every log.</summary>
    /// <exception cref="StateStoreException">The store did not answer, or refused.</exception>
    public async Task<IReadOnlyList<BacklogWriter>> ListAsync(CancellationToken cancellationToken) =>
        [.. (await store.ListAsync(Kind, cancellationToken).ConfigureAwait(false)).Select(Read)];

    /// <summary>Makes the silo the one that answers for a log, or nobody; null when somebody else was faster.</summary>
    /// <exception cref="StateStoreException">The store did not answer, or refused; it may have been done.</exception>
    public async Task<BacklogWriter?> PassAsync(BacklogWriter writer, SiloAddress? to, CancellationToken cancellationToken)
    {
        var row = await store.WriteAsync(Kind, writer.Key, writer.Version, to?.ToParsableString() ?? Nobody, cancellationToken).ConfigureAwait(false);
        return row is null ? null : Read(row);
    }

    /// <summary>Nothing of the log is needed any more. False when somebody else answers for it.</summary>
    /// <exception cref="StateStoreException">The store did not answer, or refused; it may have been done.</exception>
    public Task<bool> RemoveAsync(BacklogWriter writer, CancellationToken cancellationToken) =>
        store.DeleteAsync(Kind, writer.Key, writer.Version, cancellationToken);

    private static BacklogWriter Read(StateRow row)
    {
        var end = row.Key.LastIndexOf('/');
        return new BacklogWriter(
            row.Key[..end], row.Key[(end + 1)..], row.Text == Nobody ? null : SiloAddress.FromParsableString(row.Text), row.Version);
    }
}
