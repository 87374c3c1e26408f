using Orleans.Kpl.Pipeline.State;

namespace Orleans.Kpl.Silos.Backlog;

/// <summary>
/// Lists the logs, one row for each, from before a log's first segment until every record in it has its outcome. So another silo finds
/// every log that a silo leaves behind.
/// </summary>
internal sealed class BacklogRegistry(IStateStore store)
{
    /// <summary>The kind of its rows.</summary>
    public const string Kind = "backlog";

    private const string Nobody = "";

    /// <summary>Adds the row of a new log. Trying again after an error is safe.</summary>
    /// <exception cref="StateStoreException">The store did not answer, or rejected the call.</exception>
    public async Task<BacklogWriter> AddAsync(string stream, string id, SiloId silo, CancellationToken cancellationToken)
    {
        var writer = new BacklogWriter(stream, id, silo, 1);
        return await store.WriteAsync(Kind, writer.Key, 0, silo.ToParsableString(), cancellationToken).ConfigureAwait(false) is not null
            ? writer
            : throw new StateStoreException($"the log {writer.Key} was taken over before it was begun");
    }

    /// <summary>Lists every log.</summary>
    /// <exception cref="StateStoreException">The store did not answer, or rejected the call.</exception>
    public async Task<IReadOnlyList<BacklogWriter>> ListAsync(CancellationToken cancellationToken) =>
        [.. (await store.ListAsync(Kind, cancellationToken).ConfigureAwait(false)).Select(Read)];

    /// <summary>Whether the row of a log is still what this silo wrote.</summary>
    /// <exception cref="StateStoreException">The store did not answer, or rejected the call.</exception>
    public async Task<bool> HasAsync(BacklogWriter writer, CancellationToken cancellationToken) =>
        (await store.ReadAsync(Kind, writer.Key, cancellationToken).ConfigureAwait(false))?.Version == writer.Version;

    /// <summary>Makes a silo, or no silo, answer for a log; null when another silo was faster.</summary>
    /// <exception cref="StateStoreException">The store did not answer, or rejected the call; the write may have been done.</exception>
    public async Task<BacklogWriter?> PassAsync(BacklogWriter writer, SiloId? to, CancellationToken cancellationToken)
    {
        var row = await store.WriteAsync(Kind, writer.Key, writer.Version, to?.ToParsableString() ?? Nobody, cancellationToken).ConfigureAwait(false);
        return row is null ? null : Read(row);
    }

    /// <summary>Removes the row of a log that is no longer needed. False when another silo answers for the log; true also where the row is gone.</summary>
    /// <exception cref="StateStoreException">The store did not answer, or rejected the call; the write may have been done.</exception>
    public Task<bool> RemoveAsync(BacklogWriter writer, CancellationToken cancellationToken) =>
        store.DeleteAsync(Kind, writer.Key, writer.Version, cancellationToken);

    private static BacklogWriter Read(StateRow row)
    {
        var end = row.Key.LastIndexOf('/');
        return new BacklogWriter(
            row.Key[..end], row.Key[(end + 1)..], row.Text == Nobody ? null : SiloId.Parse(row.Text), row.Version);
    }
}

/// <summary>One log of the backlog and the silo that answers for it. Each log has one writer in its life; the silo that replays it may change.</summary>
/// <param name="Stream">The stream, under its canonical name.</param>
/// <param name="Id">Distinguishes the stream's logs; never used twice.</param>
/// <param name="Silo">The silo that writes or replays it; null when it was given back.</param>
/// <param name="Version">How often it changed hands: if two silos want the log, one of them finds that it was too late.</param>
internal sealed record BacklogWriter(string Stream, string Id, SiloId? Silo, long Version)
{
    /// <summary>Identifies the log in the whole tier. A stream's ARN has slashes, an id has none.</summary>
    public string Key => $"{Stream}/{Id}";

    /// <summary>Creates an id for a new log of that silo.</summary>
    public static string IdOf(SiloId silo, Guid id) => $"{silo.ToParsableString()}-{id:N}";
}
