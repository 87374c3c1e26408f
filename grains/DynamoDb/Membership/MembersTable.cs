using Amazon.DynamoDBv2;
using Amazon.DynamoDBv2.Model;
using Orleans.Kpl.DynamoDb.State;
using Orleans.Kpl.Pipeline.State;

namespace Orleans.Kpl.DynamoDb.Membership;

/// <summary>
/// The members of one cluster, in a table that silos with Orleans' own provider for DynamoDB may share. Each change of a row changes the cluster's version
/// with it, except for <see cref="RenewAsync"/>.
/// </summary>
/// <param name="calls">The calls to the table; their client is disposed with this.</param>
/// <param name="cluster">The cluster whose rows these are.</param>
/// <param name="newId">Makes the token of a transaction.</param>
internal sealed class MembersTable(MemberCalls calls, string cluster, bool mayCreate, TimeProvider time, Func<Guid> newId) : IDisposable
{
    /// <summary>How often rows are read anew that have changed while they were read.</summary>
    private const int MostReads = 20;

    private readonly MemberTransaction _transaction = new(calls, time, newId);
    private readonly DynamoDbTable _made = new(
        calls.Client, calls.Table, new(MemberAttributes.Cluster, ScalarAttributeType.S), new(MemberAttributes.Silo, ScalarAttributeType.S), time, mayCreate,
        static (what, _) => new KplOptionsException([what]));

    /// <summary>Completes when the table is there. A missing one is created with on-demand capacity, where that is allowed.</summary>
    public Task EnsureAsync(CancellationToken cancellationToken) => calls.CallAsync(
        async _ =>
        {
            await _made.EnsureAsync(cancellationToken).ConfigureAwait(false);
            return true;
        },
        cancellationToken);

    /// <summary>Writes the row with the version where there is none. Where rows are left of a table that lost it, it is not older than any of them.</summary>
    public async Task EnsureVersionAsync(CancellationToken cancellationToken)
    {
        if (await ReadVersionAsync(cancellationToken).ConfigureAwait(false) is not null)
            return;
        var last = (await QueryAsync(cluster, cancellationToken).ConfigureAwait(false)).Select(MemberItems.VersionNumberOf).Append(0).Max();
        var put = new PutItemRequest
        {
            TableName = calls.Table,
            Item = MemberItems.ItemOf(cluster, new(last, last)),
            ConditionExpression = $"attribute_not_exists({MemberAttributes.Silo})",
        };
        // Where the condition does not hold, another silo wrote it first.
        await DynamoDbFailures.HoldsAsync(calls.CallAsync(c => c.PutItemAsync(put, cancellationToken), cancellationToken)).ConfigureAwait(false);
    }

    /// <summary>Reads one silo's row and the version in one transaction.</summary>
    public async Task<MembersSnapshot> ReadAsync(string identity, CancellationToken cancellationToken)
    {
        var request = new TransactGetItemsRequest
        {
            TransactItems = [.. new[] { identity, MemberAttributes.VersionRow }
                .Select(i => new TransactGetItem { Get = new() { TableName = calls.Table, Key = MemberItems.KeyOf(cluster, i) } })],
        };
        List<ItemResponse> answers;
        try
        {
            answers = (await calls.CallAsync(c => c.TransactGetItemsAsync(request, cancellationToken), cancellationToken).ConfigureAwait(false)).Responses;
        }
        catch (TransactionCanceledException e)
        {
            throw calls.Told(e);
        }
        return SnapshotOf(
            VersionOf(answers[1].Item is { Count: > 0 } version ? version : null) ?? throw NoVersion(), answers[0].Item is { Count: > 0 } row ? [row] : []);
    }

    /// <summary>Reads all rows and the version, as of one instant.</summary>
    public async Task<MembersSnapshot> ReadAllAsync(CancellationToken cancellationToken)
    {
        for (var reads = 1; ; reads++)
        {
            // Each change of a row writes the version into it: rows that are not newer than the version that was read before them are the rows of that version.
            var version = await ReadVersionAsync(cancellationToken).ConfigureAwait(false) ?? throw NoVersion();
            var items = await QueryAsync(cluster, cancellationToken).ConfigureAwait(false);
            items.RemoveAll(static i => MemberItems.IdentityOf(i) == MemberAttributes.VersionRow);
            if (items.Find(i => MemberItems.VersionNumberOf(i) > version.Number) is not { } newer)
                return SnapshotOf(version, items);
            if (reads == MostReads)
            {
                throw calls.Told(
                    $"row {MemberItems.IdentityOf(newer)} of cluster {cluster} is of version {MemberItems.VersionNumberOf(newer)}, "
                    + $"and the cluster of version {version.Number}: the rows changed {MostReads} times while they were read, "
                    + $"or the row {MemberAttributes.VersionRow} was set back");
            }
        }
    }

    /// <summary>Adds a row. False, and nothing is written: the silo has a row, or the version has another tag.</summary>
    public Task<bool> InsertAsync(MemberRow row, int version, int over, CancellationToken cancellationToken) => _transaction.WriteAsync(
        [
            new()
            {
                Put = new()
                {
                    TableName = calls.Table,
                    Item = new(MemberItems.KeyOf(cluster, row.Identity).Concat(MemberItems.AttributesOf(row, version, 0))),
                    ConditionExpression = $"attribute_not_exists({MemberAttributes.Silo})",
                },
            },
            new() { Update = MemberItems.UpdateOf(calls.Table, cluster, version, over) },
        ],
        cancellationToken);

    /// <summary>Replaces what a row says. False, and nothing is written: the row is gone or has another tag, or the version has.</summary>
    public Task<bool> UpdateAsync(MemberRow row, int rowOver, int version, int over, CancellationToken cancellationToken) => _transaction.WriteAsync(
        [
            new() { Update = MemberItems.UpdateOf(calls.Table, cluster, row, rowOver, version) },
            new() { Update = MemberItems.UpdateOf(calls.Table, cluster, version, over) },
        ],
        cancellationToken);

    /// <summary>Writes when a silo was last alive, and nothing else.</summary>
    /// <exception cref="StateStoreException">The silo has no row, or DynamoDB does not answer, or refuses.</exception>
    public async Task RenewAsync(string identity, DateTime alive, CancellationToken cancellationToken)
    {
        var request = new UpdateItemRequest
        {
            TableName = calls.Table,
            Key = MemberItems.KeyOf(cluster, identity),
            UpdateExpression = "SET #alive = :alive",
            ConditionExpression = $"attribute_exists({MemberAttributes.Silo})",
            ExpressionAttributeNames = new() { ["#alive"] = MemberAttributes.AliveTime },
            ExpressionAttributeValues = new() { [":alive"] = MemberItems.TimeOf(alive) },
        };
        try
        {
            await calls.CallAsync(c => c.UpdateItemAsync(request, cancellationToken), cancellationToken).ConfigureAwait(false);
        }
        catch (ConditionalCheckFailedException e)
        {
            throw calls.Told($"cluster {cluster} has no row {identity}", e);
        }
    }

    /// <summary>Deletes the rows of silos that are not active and that nobody has written of since an instant.</summary>
    public async Task DeleteOldAsync(DateTime before, CancellationToken cancellationToken)
    {
        var (rows, _) = MemberItems.Read(await QueryAsync(cluster, cancellationToken).ConfigureAwait(false), MemberItems.RowOf);
        var old = rows.Where(r => r.Row.Status != MemberRow.Active && r.Row.LastUpdate < before);
        await DeleteAsync(old.Select(r => MemberItems.KeyOf(cluster, r.Row.Identity)), cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Deletes all rows of a cluster, its version too.</summary>
    public async Task DeleteAllAsync(string ofCluster, CancellationToken cancellationToken)
    {
        var all = await QueryAsync(ofCluster, cancellationToken).ConfigureAwait(false);
        await DeleteAsync(all.Select(i => MemberItems.KeyOf(ofCluster, MemberItems.IdentityOf(i))), cancellationToken).ConfigureAwait(false);
    }

    public void Dispose()
    {
        _made.Dispose();
        calls.Client.Dispose();
    }

    /// <summary>Deletes rows in batches: a silo may not delete a single one.</summary>
    private Task DeleteAsync(IEnumerable<Dictionary<string, AttributeValue>> keys, CancellationToken cancellationToken) => BatchDeletion.DeleteAsync(
        keys,
        async requests =>
        {
            var request = new BatchWriteItemRequest { RequestItems = new() { [calls.Table] = requests } };
            var answer = await calls.CallAsync(c => c.BatchWriteItemAsync(request, cancellationToken), cancellationToken).ConfigureAwait(false);
            return answer.UnprocessedItems?.GetValueOrDefault(calls.Table) ?? [];
        },
        what => calls.Told(what), time, cancellationToken);

    private async Task<MembersVersion?> ReadVersionAsync(CancellationToken cancellationToken)
    {
        var request = new GetItemRequest { TableName = calls.Table, Key = MemberItems.KeyOf(cluster, MemberAttributes.VersionRow), ConsistentRead = true };
        var answer = await calls.CallAsync(c => c.GetItemAsync(request, cancellationToken), cancellationToken).ConfigureAwait(false);
        return VersionOf(answer.Item is { Count: > 0 } item ? item : null);
    }

    private Task<List<Dictionary<string, AttributeValue>>> QueryAsync(string ofCluster, CancellationToken cancellationToken)
    {
        var request = new QueryRequest
        {
            TableName = calls.Table,
            KeyConditionExpression = $"{MemberAttributes.Cluster} = :cluster",
            ExpressionAttributeValues = new() { [":cluster"] = new(ofCluster) },
            ConsistentRead = true,
        };
        return calls.CallAsync(c => c.Paginators.Query(request).AllAsync(cancellationToken), cancellationToken);
    }

    private MembersVersion? VersionOf(Dictionary<string, AttributeValue>? item)
    {
        try
        {
            return item is null ? null : MemberItems.VersionOf(item);
        }
        catch (FormatException e)
        {
            throw calls.Told($"row {MemberAttributes.VersionRow} of cluster {cluster}: {e.Message}", e);
        }
    }

    private StateStoreException NoVersion() =>
        calls.Told($"cluster {cluster} has no row {MemberAttributes.VersionRow}: a silo writes it when it starts");

    private static MembersSnapshot SnapshotOf(MembersVersion version, List<Dictionary<string, AttributeValue>> items)
    {
        var (rows, unreadable) = MemberItems.Read(items, MemberItems.RowOf);
        return new(version, rows, unreadable);
    }
}
