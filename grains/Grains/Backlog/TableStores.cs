using Orleans.Kpl.DynamoDb.Backlog;
using Orleans.Kpl.Pipeline.Backlog.Storing;
using Orleans.Kpl.Silos.Backlog;

namespace Orleans.Kpl.Grains.Backlog;

/// <summary>The backlog's table in DynamoDB, which all silos share.</summary>
internal sealed class TableStores(DynamoDbBacklogStore table) : IWriterStores, IAsyncDisposable
{
    /// <summary>
    /// How long the table keeps records beyond <see cref="StreamOptions.BacklogMaxAge"/>, so that records that are too old become dead
    /// letters before the table deletes them, also where no silo ran for a while.
    /// </summary>
    public static readonly TimeSpan Margin = TimeSpan.FromDays(7);

    public IBacklogStore Of(string writer) => table.ForWriter(writer);

    public Task RetireAsync(string stream, string writer, CancellationToken cancellationToken) =>
        table.ForWriter(writer).RetireAsync(stream, cancellationToken);

    public Task EnsureAsync(CancellationToken cancellationToken) => table.EnsureAsync(cancellationToken);

    public ValueTask DisposeAsync() => table.DisposeAsync();
}
