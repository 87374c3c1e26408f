using Orleans.Kpl.Pipeline.Backlog.Storing;

namespace Orleans.Kpl.Silos.Backlog;

/// <summary>The store that all silos share, in which each log has one writer.</summary>
internal interface IWriterStores
{
    /// <summary>Returns the store as a writer sees it: the logs that it opens are that writer's.</summary>
    IBacklogStore Of(string writer);

    /// <summary>
    /// Lets the store forget a writer's log of a stream, in time: everything in it is delivered or set aside, and nobody takes it over. A
    /// store that keeps nothing of such a log has nothing to do.
    /// </summary>
    /// <exception cref="BacklogStoreException">The store does not answer; what it keeps of the log stays there.</exception>
    Task RetireAsync(string stream, string writer, CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>Checks that the store can be used.</summary>
    /// <exception cref="BacklogStoreException">The store cannot be used, or does not answer.</exception>
    Task EnsureAsync(CancellationToken cancellationToken);
}
