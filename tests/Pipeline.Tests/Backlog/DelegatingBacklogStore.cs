using Orleans.Kpl.Pipeline.Backlog.Storing;

namespace Orleans.Kpl.Pipeline.Tests.Backlog;

/// <summary>A store that passes every call on to another one, and whose logs are wrapped.</summary>
internal abstract class DelegatingBacklogStore(IBacklogStore store) : IBacklogStore
{
    public Task<IReadOnlyList<string>> ListStreamsAsync(CancellationToken cancellationToken) => store.ListStreamsAsync(cancellationToken);

    public virtual async Task<ISegmentLog> OpenAsync(string stream, SegmentLogKind kind, CancellationToken cancellationToken) =>
        Wrap(await store.OpenAsync(stream, kind, cancellationToken));

    public ValueTask DisposeAsync() => store.DisposeAsync();

    protected abstract ISegmentLog Wrap(ISegmentLog log);
}
