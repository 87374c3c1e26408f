using Amazon.DynamoDBv2;
using Orleans.Kpl.Pipeline.Backlog.Storing;

namespace Orleans.Kpl.DynamoDb.Backlog;

/// <summary>
/// Keeps the logs of one writer in the DynamoDB table <c>PREFIXbacklog</c>, and has those of the others. A process that opens a log of a writer that is
/// gone, under that writer's name, takes the log over; from then on the former writer cannot write to it.
/// </summary>
internal sealed class DynamoDbBacklogStore : IBacklogStore, IWriterStores
{
    private readonly DynamoDbLogTable _table;
    private readonly string _writer;
    private readonly TimeProvider _time;
    private readonly TimeSpan _keep;
    private readonly bool _isOwner;

    /// <param name="client">The client; disposed of with this store.</param>
    /// <param name="table">The table's name; a missing table is created.</param>
    /// <param name="writer">The writer's name; any text without a slash.</param>
    /// <param name="keep">How long the table keeps segments of records, at least: longer than any record may wait.</param>
    /// <param name="time">The clock that decides when segments expire.</param>
    /// <param name="mayCreate">Whether the table is created where it is missing.</param>
    public DynamoDbBacklogStore(IAmazonDynamoDB client, string table, string writer, TimeSpan keep, TimeProvider time, bool mayCreate = true)
        : this(new DynamoDbLogTable(client, table, time, mayCreate), writer, keep, time, isOwner: true)
    {
    }

    private DynamoDbBacklogStore(DynamoDbLogTable table, string writer, TimeSpan keep, TimeProvider time, bool isOwner)
    {
        ArgumentException.ThrowIfNullOrEmpty(writer);
        if (writer.Contains('/', StringComparison.Ordinal))
            throw new ArgumentException("the name of a writer has no slash", nameof(writer));
        (_table, _writer, _keep, _time, _isOwner) = (table, writer, keep, time, isOwner);
    }

    /// <summary>Returns a store of another writer's logs in the same table, to take them over. It is valid while this store is.</summary>
    public IBacklogStore Of(string writer) => new DynamoDbBacklogStore(_table, writer, _keep, _time, isOwner: false);

    /// <summary>Creates or checks the table, so that a problem with it is reported at the start.</summary>
    /// <exception cref="BacklogStoreException">The table has another schema, cannot be created, or DynamoDB does not answer.</exception>
    public Task EnsureAsync(CancellationToken cancellationToken) => _table.EnsureAsync(cancellationToken);

    public Task<bool> HasAsync(string stream, SegmentLogKind kind, CancellationToken cancellationToken) =>
        _table.HasHeadAsync(KeyOf(stream, kind), cancellationToken);

    public async Task<ISegmentLog> OpenAsync(string stream, SegmentLogKind kind, CancellationToken cancellationToken)
    {
        // Dead letters wait for an operator, however long that takes.
        var keep = kind == SegmentLogKind.Records ? _keep : (TimeSpan?)null;
        return await DynamoDbSegmentLog.OpenAsync(_table.ForOneLog(), KeyOf(stream, kind), _time, keep, cancellationToken).ConfigureAwait(false);
    }

    public ValueTask DisposeAsync()
    {
        if (_isOwner)
            _table.Dispose();
        return ValueTask.CompletedTask;
    }

    private string KeyOf(string stream, SegmentLogKind kind) => $"{stream}/{(kind == SegmentLogKind.Records ? "records" : "dead-letters")}/{_writer}";
}
