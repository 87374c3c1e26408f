using Orleans.Kpl.Pipeline.Backlog.Storing;

namespace Orleans.Kpl.Silos.Backlog;

/// <summary>The stores of a silo's backlog: files of its own, or a table that all silos share.</summary>
/// <param name="Records">The store of the records that this silo accepts; null if there is no backlog.</param>
/// <param name="Letters">The store of the dead letters of the managers that run here.</param>
internal sealed record ClusterBacklog(IBacklogStore? Records, IBacklogStore? Letters) : IAsyncDisposable
{
    /// <summary>The writer of the managers' dead letters: each new manager shuts the former one out.</summary>
    private const string Manager = "manager";

    /// <summary>Creates the backlog of a single silo; null for none.</summary>
    public static ClusterBacklog Own(IBacklogStore? store) => new(store, store);

    /// <summary>Creates the backlog in a store that silos share.</summary>
    public static ClusterBacklog Shared(OwnedLogs held, IWriterStores stores) => new(new ClusterBacklogStore(held), stores.Of(Manager));

    /// <summary>Returns the services for the pipeline; null without a backlog.</summary>
    public BacklogServices? Services(KplOptions options, Func<string, IDeadLetters> letters) => Records is null ? null : new BacklogServices
    {
        Store = Records,
        CommitDelay = options.Backlog.CommitDelay,
        WriteUnitPrice = options.Backlog.WriteUnitPrice,
        DeadLetters = letters,
    };

    public async ValueTask DisposeAsync()
    {
        if (Records is not null)
            await Records.DisposeAsync().ConfigureAwait(false);
        if (Letters is not null && !ReferenceEquals(Letters, Records))
            await Letters.DisposeAsync().ConfigureAwait(false);
    }
}

/// <summary>
/// The backlog's store as a silo's pipeline sees it. Each log that it opens is a new one. It lists no logs of former silos, since those
/// come through <see cref="BacklogTakeover"/>. Dead letters belong to their stream's manager.
/// </summary>
internal sealed class ClusterBacklogStore(OwnedLogs held) : IBacklogStore
{
    public bool BeginsAnew => true;

    public async Task<ISegmentLog> OpenAsync(string stream, SegmentLogKind kind, CancellationToken cancellationToken) =>
        kind == SegmentLogKind.Records
            ? await held.BeginAsync(stream, cancellationToken).ConfigureAwait(false)
            : throw new ArgumentOutOfRangeException(nameof(kind), kind, "a silo keeps records only");

    public Task LetGoAsync(ISegmentLog log, bool isEmpty) => held.LetGoAsync(log, isEmpty);

    public ValueTask DisposeAsync() => default;
}
