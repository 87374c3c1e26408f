using Amazon.DynamoDBv2;
using Amazon.DynamoDBv2.Model;
using Amazon.Runtime;
using Orleans.Kpl.DynamoDb.State;
using Orleans.Kpl.Pipeline.Backlog.Storing;

namespace Orleans.Kpl.DynamoDb.Backlog;

/// <summary>
/// Creates the backlog's table with on-demand capacity if it is missing, and checks an existing table: keys <c>log</c> (text) and
/// <c>number</c>, items that expire by <c>expires</c>. The capacity of an existing table is left to its operator; where the operator creates tables,
/// so is everything else, and what is missing is said.
/// </summary>
internal sealed class BacklogTable(IAmazonDynamoDB client, string table, TableCalls calls, TimeProvider time, bool mayCreate) : IDisposable
{
    private static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(500);

    private readonly SemaphoreSlim _turn = new(1);
    private volatile bool _isReady;

    /// <summary>Returns when the table can be used.</summary>
    /// <exception cref="BacklogStoreException">The table has another schema, cannot be created, or DynamoDB does not answer.</exception>
    public async Task EnsureAsync(CancellationToken cancellationToken)
    {
        if (_isReady)
            return;
        await _turn.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            while (!_isReady)
                _isReady = await calls.CallAsync(() => StepAsync(cancellationToken), cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            _turn.Release();
        }
    }

    /// <summary>Notes that a call did not find the table, so that the next call looks for it, and creates it, again.</summary>
    public void Forget() => _isReady = false;

    public void Dispose() => _turn.Dispose();

    private async Task<bool> StepAsync(CancellationToken cancellationToken)
    {
        var description = await DynamoDbTables.FindAsync(client, table, cancellationToken).ConfigureAwait(false);
        if (description is null)
        {
            if (!mayCreate)
                throw new BacklogStoreException($"table {table} {RequiredTables.NotCreated}");
            await DynamoDbTables.CreateAsync(
                client, table, new(LogAttributes.Log, ScalarAttributeType.S), new(LogAttributes.Number, ScalarAttributeType.N), cancellationToken)
                    .ConfigureAwait(false);
            return false;
        }

        CheckKeys(description);
        if (description.TableStatus == TableStatus.ACTIVE || description.TableStatus == TableStatus.UPDATING)
        {
            await LetExpireAsync(cancellationToken).ConfigureAwait(false);
            return true;
        }

        if (description.TableStatus != TableStatus.CREATING)
            throw new BacklogStoreException($"table {table} is {description.TableStatus}");
        await Task.Delay(Poll, time, cancellationToken).ConfigureAwait(false);
        return false;
    }

    private void CheckKeys(TableDescription description)
    {
        var keys = description.KeySchema.Select(k => $"{k.AttributeName} ({description.AttributeDefinitions.First(a => a.AttributeName == k.AttributeName).AttributeType})").ToList();
        if (!keys.SequenceEqual([$"{LogAttributes.Log} (S)", $"{LogAttributes.Number} (N)"]))
            throw new BacklogStoreException($"table {table} is another one: its keys are {string.Join(", ", keys)}, not {LogAttributes.Log} (S), {LogAttributes.Number} (N)");
    }

    private async Task LetExpireAsync(CancellationToken cancellationToken)
    {
        var told = (await client.DescribeTimeToLiveAsync(table, cancellationToken).ConfigureAwait(false)).TimeToLiveDescription;
        if (told?.TimeToLiveStatus is { } status && (status == TimeToLiveStatus.ENABLED || status == TimeToLiveStatus.ENABLING))
        {
            if (told.AttributeName != LogAttributes.Expires)
                throw new BacklogStoreException($"table {table} lets items expire by {told.AttributeName}, not by {LogAttributes.Expires}");
            return;
        }

        if (!mayCreate)
            throw new BacklogStoreException($"table {table} lets no items expire, and Kpl:DynamoDb:CreateTables is false: enable its time to live by {LogAttributes.Expires}");
        try
        {
            await client.UpdateTimeToLiveAsync(
                new UpdateTimeToLiveRequest { TableName = table, TimeToLiveSpecification = new() { Enabled = true, AttributeName = LogAttributes.Expires } },
                cancellationToken).ConfigureAwait(false);
        }
        catch (AmazonServiceException e) when (
            e.ErrorCode == "ValidationException" && e.Message.Contains("already enabled", StringComparison.OrdinalIgnoreCase))
        {
            // Another process created it first.
        }
    }
}
