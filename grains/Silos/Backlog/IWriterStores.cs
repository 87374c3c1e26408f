using Orleans.Kpl.Pipeline.Backlog.Storing;

namespace Orleans.Kpl.Silos.Backlog;

/// <summary>The store that all silos share, in which each log has one writer.</summary>
internal interface IWriterStores
{
    /// <summary>Returns the store as a writer sees it: the logs that it opens are that writer's.</summary>
    IBacklogStore Of(string writer);

    /// <summary>Checks that the store can be used.</summary>
    /// <exception cref="BacklogStoreException">The store cannot be used, or does not answer.</exception>
    Task EnsureAsync(CancellationToken cancellationToken);
}
