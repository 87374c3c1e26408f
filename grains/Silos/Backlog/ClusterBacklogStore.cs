using Orleans.Kpl.Pipeline.Backlog.Storing;

namespace Orleans.Kpl.Silos.Backlog;

/// <summary>
/// The backlog's store as a silo's pipeline sees it. Each log that it opens is a new one. It lists no logs of former silos, since those
/// come through <see cref="BacklogTakeover"/>. Dead letters belong to their stream's manager.
/// </summary>
internal sealed class ClusterBacklogStore(OwnedLogs held) : IBacklogStore
{
    public bool BeginsAnew => true;

    public Task<IReadOnlyList<string>> ListStreamsAsync(CancellationToken cancellationToken) => Task.FromResult<IReadOnlyList<string>>([]);

    public async Task<ISegmentLog> OpenAsync(string stream, SegmentLogKind kind, CancellationToken cancellationToken) =>
        kind == SegmentLogKind.Records
            ? await held.BeginAsync(stream, cancellationToken).ConfigureAwait(false)
            : throw new ArgumentOutOfRangeException(nameof(kind), kind, "a silo keeps records only");

    public ValueTask DisposeAsync() => default;
}
