using Orleans.Kpl.Pipeline.Backlog.Storing;

namespace Orleans.Kpl.Grains.Backlog;

/// <summary>The store that all silos share, in which each log has one writer.</summary>
internal interface IWriterStores
{
    /// <summary>The store as a writer sees it: the logs that it opens are that writer's.</summary>
    IBacklogStore Of(string writer);

    /// <summary>Looks whether it can be used.</summary>
    /// <exception cref="BacklogStoreException">It cannot, or does not answer.</exception>
    Task EnsureAsync(CancellationToken cancellationToken);
}
