using Orleans.Kpl.Pipeline.Backlog.Storing;

namespace Orleans.Kpl.Pipeline.Tests.Backlog;

/// <summary>A store as a silo sees it: each opening begins a log that nobody else has.</summary>
internal sealed class AnewStore(MemoryBacklogStore store) : IBacklogStore
{
    private int _opened;

    public bool BeginsAnew => true;

    /// <summary>Whether no log can be begun.</summary>
    public bool Refuses { get; set; }

    /// <summary>The name of a log, by its place among those that were opened.</summary>
    public static string NameOf(int place) => $"log-{place}";

    public Task<IReadOnlyList<string>> ListStreamsAsync(CancellationToken cancellationToken) => Task.FromResult<IReadOnlyList<string>>([]);

    public Task<ISegmentLog> OpenAsync(string stream, SegmentLogKind kind, CancellationToken cancellationToken) =>
        Refuses
            ? Task.FromException<ISegmentLog>(new BacklogStoreException("no log can be begun"))
            : store.OpenAsync(kind == SegmentLogKind.Records ? NameOf(Interlocked.Increment(ref _opened) - 1) : stream, kind, cancellationToken);

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
