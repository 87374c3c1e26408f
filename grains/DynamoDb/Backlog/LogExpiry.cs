using Amazon.DynamoDBv2;
using Amazon.DynamoDBv2.Model;
using Amazon.Runtime;
using Orleans.Kpl.Pipeline.Backlog.Storing;

namespace Orleans.Kpl.DynamoDb.Backlog;

/// <summary>Has the items of the backlog's table expire by <c>expires</c>. Where the operator creates tables, what is missing is said.</summary>
internal sealed class LogExpiry(IAmazonDynamoDB client, string table, bool mayCreate)
{
    /// <exception cref="BacklogStoreException">The table cannot be used, or its items do not expire so.</exception>
    public async Task EnsureAsync(TableDescription found, CancellationToken cancellationToken)
    {
        if (found.TableStatus == TableStatus.ACTIVE || found.TableStatus == TableStatus.UPDATING)
            await LetExpireAsync(cancellationToken).ConfigureAwait(false);
        else if (found.TableStatus != TableStatus.CREATING)
            throw new BacklogStoreException($"table {table} is {found.TableStatus}");
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
        {
            throw new BacklogStoreException(
                $"table {table} lets no items expire, and Kpl:DynamoDb:CreateTables is false: enable its time to live by {LogAttributes.Expires}");
        }

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
