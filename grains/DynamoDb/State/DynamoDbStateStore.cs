using System.Globalization;
using Amazon.DynamoDBv2;
using Amazon.DynamoDBv2.Model;
using Orleans.Kpl.Pipeline.State;

namespace Orleans.Kpl.DynamoDb.State;

/// <summary>
/// Keeps rows in the DynamoDB table <c>PREFIXstate</c>: partition key <c>kind</c>, sort key <c>key</c>, <c>version</c> (number), <c>text</c>.
/// Reads are consistent, writes conditional. A missing table is created with on-demand capacity, where that is allowed.
/// </summary>
internal sealed class DynamoDbStateStore : IStateStore, IDisposable
{
    private const string Kind = "kind";
    private const string Key = "key";
    private const string Version = "version";
    private const string Text = "text";

    private static readonly TimeSpan CreatingPoll = TimeSpan.FromMilliseconds(500);

    private readonly IAmazonDynamoDB _client;
    private readonly string _table;
    private readonly TimeProvider _time;
    private readonly bool _mayCreate;
    private readonly SemaphoreSlim _turn = new(1);
    private volatile bool _isThere;

    public DynamoDbStateStore(IAmazonDynamoDB client, string table, TimeProvider time, bool mayCreate = true) =>
        (_client, _table, _time, _mayCreate) = (client, table, time, mayCreate);

    public async Task<StateRow?> ReadAsync(string kind, string key, CancellationToken cancellationToken)
    {
        var answer = await CallAsync(() => _client.GetItemAsync(
            new GetItemRequest { TableName = _table, Key = KeyOf(kind, key), ConsistentRead = true }, cancellationToken), cancellationToken)
                .ConfigureAwait(false);
        return answer.Item is { Count: > 0 } item ? RowOf(item) : null;
    }

    public async Task<IReadOnlyList<StateRow>> ListAsync(string kind, CancellationToken cancellationToken)
    {
        var rows = new List<StateRow>();
        Dictionary<string, AttributeValue>? from = null;
        do
        {
            var request = new QueryRequest
            {
                TableName = _table,
                KeyConditionExpression = "#kind = :kind",
                ExpressionAttributeNames = new() { ["#kind"] = Kind },
                ExpressionAttributeValues = new() { [":kind"] = new(kind) },
                ConsistentRead = true,
                ExclusiveStartKey = from,
            };
            var answer = await CallAsync(() => _client.QueryAsync(request, cancellationToken), cancellationToken).ConfigureAwait(false);
            rows.AddRange((answer.Items ?? []).Select(RowOf));
            from = answer.LastEvaluatedKey;
        }
        while (from is { Count: > 0 });
        return rows;
    }

    public async Task<StateRow?> WriteAsync(string kind, string key, long over, string text, CancellationToken cancellationToken)
    {
        var item = KeyOf(kind, key);
        item[Version] = NumberOf(over + 1);
        // Not every DynamoDB accepts an empty text.
        if (text.Length > 0)
            item[Text] = new(text);
        var request = new PutItemRequest
        {
            TableName = _table,
            Item = item,
            ConditionExpression = over == 0 ? "attribute_not_exists(#version)" : "#version = :over",
            ExpressionAttributeNames = new() { ["#version"] = Version },
            ExpressionAttributeValues = over == 0 ? null : new() { [":over"] = NumberOf(over) },
        };
        return await IfAsync(() => _client.PutItemAsync(request, cancellationToken), cancellationToken).ConfigureAwait(false)
            ? new StateRow(kind, key, over + 1, text)
            : null;
    }

    public Task<bool> DeleteAsync(string kind, string key, long version, CancellationToken cancellationToken) => IfAsync(
        () => _client.DeleteItemAsync(
            new DeleteItemRequest
            {
                TableName = _table,
                Key = KeyOf(kind, key),
                ConditionExpression = "#version = :version",
                ExpressionAttributeNames = new() { ["#version"] = Version },
                ExpressionAttributeValues = new() { [":version"] = NumberOf(version) },
            },
            cancellationToken),
        cancellationToken);

    public void Dispose()
    {
        _client.Dispose();
        _turn.Dispose();
    }

    /// <summary>Makes a conditional call; false when the condition did not hold.</summary>
    private async Task<bool> IfAsync<T>(Func<Task<T>> call, CancellationToken cancellationToken)
    {
        try
        {
            await CallAsync(call, cancellationToken).ConfigureAwait(false);
            return true;
        }
        catch (StateStoreException e) when (e.InnerException is ConditionalCheckFailedException)
        {
            return false;
        }
    }

    private async Task<T> CallAsync<T>(Func<Task<T>> call, CancellationToken cancellationToken)
    {
        try
        {
            if (!_isThere)
                await MakeTableAsync(cancellationToken).ConfigureAwait(false);
            return await call().ConfigureAwait(false);
        }
        catch (Exception e) when (DynamoDbFailures.IsOne(e, cancellationToken))
        {
            if (e is ResourceNotFoundException)
                _isThere = false;
            throw new StateStoreException($"table {_table}: {e.Message}", e);
        }
    }

    private async Task MakeTableAsync(CancellationToken cancellationToken)
    {
        await _turn.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            while (!_isThere)
            {
                var status = await StatusAsync(cancellationToken).ConfigureAwait(false);
                _isThere = status == TableStatus.ACTIVE || status == TableStatus.UPDATING;
                if (status is null && !_mayCreate)
                    throw new StateStoreException($"table {_table} {RequiredTables.NotCreated}");
                if (status is null)
                    await DynamoDbTables.CreateAsync(_client, _table, new(Kind, ScalarAttributeType.S), new(Key, ScalarAttributeType.S), cancellationToken)
                        .ConfigureAwait(false);
                else if (!_isThere)
                    await Task.Delay(CreatingPoll, _time, cancellationToken).ConfigureAwait(false);
            }
        }
        finally
        {
            _turn.Release();
        }
    }

    private async Task<TableStatus?> StatusAsync(CancellationToken cancellationToken)
    {
        if (await DynamoDbTables.FindAsync(_client, _table, cancellationToken).ConfigureAwait(false) is not { } table)
            return null;
        if (table.KeySchema.Select(static k => k.AttributeName).SequenceEqual([Kind, Key]))
            return table.TableStatus;
        throw new StateStoreException($"table {_table} is another one: its keys are {string.Join(", ", table.KeySchema.Select(static k => k.AttributeName))}, not {Kind}, {Key}");
    }

    private static Dictionary<string, AttributeValue> KeyOf(string kind, string key) => new() { [Kind] = new(kind), [Key] = new(key) };

    private static AttributeValue NumberOf(long number) => new() { N = number.ToString(CultureInfo.InvariantCulture) };

    private static StateRow RowOf(Dictionary<string, AttributeValue> item) =>
        new(item[Kind].S, item[Key].S, long.Parse(item[Version].N, CultureInfo.InvariantCulture), item.TryGetValue(Text, out var text) ? text.S : "");
}
