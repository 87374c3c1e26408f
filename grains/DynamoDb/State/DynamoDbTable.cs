using Amazon.DynamoDBv2;
using Amazon.DynamoDBv2.Model;
using Amazon.Runtime;
using Orleans.Kpl.Pipeline.State;
using Orleans.Kpl.Pipeline.Timing;

namespace Orleans.Kpl.DynamoDb.State;

/// <summary>
/// Waits for a table before the first call to it. A missing one is created with on-demand capacity, where that is allowed; the capacity of one that is there
/// is left to its operator. Safe on any thread.
/// </summary>
/// <param name="refuse">Makes the exception that says what is wrong with the table, or with a call to it.</param>
/// <param name="expires">The attribute that has the time at which DynamoDB may delete an item; null where none expires.</param>
internal sealed class DynamoDbTable(
    IAmazonDynamoDB client, string table, AttributeDefinition partitionKey, AttributeDefinition sortKey, TimeProvider time, bool mayCreate,
    Func<string, Exception?, Exception> refuse, string? expires = null) : IDisposable
{
    private static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(500);

    private readonly SemaphoreSlim _lock = new(1);
    private volatile bool _isReady;
    private volatile StoreTrouble? _trouble;

    /// <summary>Since when each call has failed; null after one that did not.</summary>
    public StoreTrouble? Trouble => _trouble;

    /// <summary>Returns when the table can be used.</summary>
    public async Task EnsureAsync(CancellationToken cancellationToken)
    {
        if (_isReady)
            return;
        using var turn = await _lock.EnterAsync(cancellationToken).ConfigureAwait(false);
        while (!_isReady)
            _isReady = await StepAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Makes a call once the table can be used. A condition that does not hold stays DynamoDB's own exception, and no other failure does.</summary>
    public async Task<T> CallAsync<T>(Func<Task<T>> call, CancellationToken cancellationToken)
    {
        try
        {
            await EnsureAsync(cancellationToken).ConfigureAwait(false);
            var answer = await call().ConfigureAwait(false);
            _trouble = null;
            return answer;
        }
        catch (ConditionalCheckFailedException)
        {
            _trouble = null;
            throw;
        }
        catch (Exception e) when (DynamoDbFailures.IsOne(e, cancellationToken))
        {
            _trouble = new StoreTrouble(_trouble?.Since ?? time.GetUtcNow(), $"table {table}: {DynamoDbFailures.Describe(e)}");
            // The next call looks for a table that was not found, and creates it, again.
            if (e is ResourceNotFoundException)
                _isReady = false;
            throw Told(e);
        }
    }

    /// <summary>Makes the exception for a call that failed.</summary>
    public Exception Told(Exception exception) => refuse($"table {table}: {DynamoDbFailures.Describe(exception)}", exception);

    public void Dispose() => _lock.Dispose();

    /// <summary>Describes a table; null if it does not exist.</summary>
    public static async Task<TableDescription?> FindAsync(IAmazonDynamoDB client, string table, CancellationToken cancellationToken)
    {
        try
        {
            return (await client.DescribeTableAsync(table, cancellationToken).ConfigureAwait(false)).Table;
        }
        catch (ResourceNotFoundException)
        {
            return null;
        }
    }

    private async Task<bool> StepAsync(CancellationToken cancellationToken)
    {
        if (await FindAsync(client, table, cancellationToken).ConfigureAwait(false) is not { } found)
        {
            await CreateAsync(cancellationToken).ConfigureAwait(false);
            return false;
        }

        // First: of a table that is being deleted DynamoDB tells no keys.
        if (found.TableStatus == TableStatus.CREATING || found.TableStatus == TableStatus.DELETING)
        {
            await Task.Delay(Poll, time, cancellationToken).ConfigureAwait(false);
            return false;
        }

        string[] wanted = [$"{partitionKey.AttributeName} ({partitionKey.AttributeType})", $"{sortKey.AttributeName} ({sortKey.AttributeType})"];
        var types = found.AttributeDefinitions.ToDictionary(static a => a.AttributeName, static a => a.AttributeType);
        string[] keys = [.. found.KeySchema.Select(k => $"{k.AttributeName} ({types[k.AttributeName]})")];
        if (!keys.SequenceEqual(wanted))
            throw refuse($"table {table} is another one: its keys are {string.Join(", ", keys)}, not {string.Join(", ", wanted)}", null);
        if (found.TableStatus != TableStatus.ACTIVE && found.TableStatus != TableStatus.UPDATING)
            throw refuse($"table {table} is {found.TableStatus}", null);
        if (expires is not null)
            await LetExpireAsync(expires, cancellationToken).ConfigureAwait(false);
        return true;
    }

    /// <summary>Has items expire. Where the operator creates tables, what is missing is said.</summary>
    private async Task LetExpireAsync(string by, CancellationToken cancellationToken)
    {
        var told = (await client.DescribeTimeToLiveAsync(table, cancellationToken).ConfigureAwait(false)).TimeToLiveDescription;
        if (told?.TimeToLiveStatus is { } status && (status == TimeToLiveStatus.ENABLED || status == TimeToLiveStatus.ENABLING))
        {
            if (told.AttributeName != by)
                throw refuse($"table {table} lets items expire by {told.AttributeName}, not by {by}", null);
            return;
        }

        if (!mayCreate)
            throw refuse($"table {table} lets no items expire, and Kpl:DynamoDb:CreateTables is false: enable its time to live by {by}", null);
        try
        {
            await client.UpdateTimeToLiveAsync(
                new UpdateTimeToLiveRequest { TableName = table, TimeToLiveSpecification = new() { Enabled = true, AttributeName = by } },
                cancellationToken).ConfigureAwait(false);
        }
        catch (AmazonServiceException e) when (
            e.ErrorCode == "ValidationException" && e.Message.Contains("already enabled", StringComparison.OrdinalIgnoreCase))
        {
            // Another process created it first.
        }
    }

    private async Task CreateAsync(CancellationToken cancellationToken)
    {
        if (!mayCreate)
            throw refuse($"table {table} {RequiredTables.NotCreated}", null);
        try
        {
            await client.CreateTableAsync(
                new CreateTableRequest
                {
                    TableName = table,
                    BillingMode = BillingMode.PAY_PER_REQUEST,
                    AttributeDefinitions = [partitionKey, sortKey],
                    KeySchema = [new(partitionKey.AttributeName, KeyType.HASH), new(sortKey.AttributeName, KeyType.RANGE)],
                },
                cancellationToken).ConfigureAwait(false);
        }
        catch (ResourceInUseException)
        {
            // Another process created the table first, or this one has: a description may not show it for some seconds.
            await Task.Delay(Poll, time, cancellationToken).ConfigureAwait(false);
        }
    }
}

/// <summary>Reads all pages of a question.</summary>
internal static class ItemPages
{
    public static Task<List<Dictionary<string, AttributeValue>>> AllAsync(this IQueryPaginator pages, CancellationToken cancellationToken) =>
        pages.Responses.SelectMany(static r => r.Items ?? []).ToListAsync(cancellationToken).AsTask();

    public static Task<List<Dictionary<string, AttributeValue>>> AllAsync(this IScanPaginator pages, CancellationToken cancellationToken) =>
        pages.Responses.SelectMany(static r => r.Items ?? []).ToListAsync(cancellationToken).AsTask();
}

/// <summary>Deletes many items of a table.</summary>
internal static class BatchDeletion
{
    private const int MostOfABatch = 25;
    private const int MostTries = 8;

    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan LongestPause = TimeSpan.FromMilliseconds(500);

    /// <summary>Deletes items. Those that DynamoDB left undone for want of capacity are asked for again a few times, with growing pauses.</summary>
    /// <param name="write">Makes one call; returns what is left of it.</param>
    /// <param name="refuse">Makes the exception that says how many items are left.</param>
    public static async Task DeleteAsync(
        IEnumerable<Dictionary<string, AttributeValue>> keys, Func<List<WriteRequest>, Task<List<WriteRequest>>> write, Func<string, Exception> refuse,
        TimeProvider time, CancellationToken cancellationToken)
    {
        foreach (var some in keys.Chunk(MostOfABatch))
        {
            var backoff = new Backoff(FirstPause, LongestPause);
            var left = await write([.. some.Select(static k => new WriteRequest(new DeleteRequest(k)))]).ConfigureAwait(false);
            for (var tries = 1; left.Count > 0; tries++)
            {
                if (tries == MostTries)
                    throw refuse($"DynamoDB left {left.Count} writes undone for want of capacity, {MostTries} times");
                await Task.Delay(backoff.Next(), time, cancellationToken).ConfigureAwait(false);
                left = await write(left).ConfigureAwait(false);
            }
        }
    }
}

/// <summary>The tables of a cluster where silos do not create what is missing.</summary>
internal static class RequiredTables
{
    /// <summary>Why a table that is missing is not created, and what to do.</summary>
    public const string NotCreated = "does not exist, and Kpl:DynamoDb:CreateTables is false: create it, or correct Kpl:DynamoDb:TablePrefix";

    /// <summary>Returns an error for each table that does not exist.</summary>
    /// <exception cref="StateStoreException">DynamoDB does not answer, or refuses.</exception>
    public static async Task<IReadOnlyList<string>> FindErrorsAsync(IAmazonDynamoDB client, IEnumerable<string> tables, CancellationToken cancellationToken)
    {
        var errors = new List<string>();
        foreach (var table in tables)
        {
            try
            {
                if (await DynamoDbTable.FindAsync(client, table, cancellationToken).ConfigureAwait(false) is null)
                    errors.Add($"table {table} {NotCreated}");
            }
            catch (Exception e) when (DynamoDbFailures.IsOne(e, cancellationToken))
            {
                throw new StateStoreException($"table {table}: {DynamoDbFailures.Describe(e)}", e);
            }
        }

        return errors;
    }
}
