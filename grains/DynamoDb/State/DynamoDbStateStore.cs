using System.Globalization;
using Amazon.DynamoDBv2;
using Amazon.DynamoDBv2.Model;
using Orleans.Kpl.Pipeline.State;

namespace Orleans.Kpl.DynamoDb.State;

/// <summary>
/// Keeps rows in the DynamoDB table <c>PREFIXstate</c>: partition key <c>kind</c>, sort key <c>key</c>, <c>version</c> (number), <c>text</c>.
/// Reads are consistent, writes conditional. A missing table is created with on-demand capacity, where that is allowed.
/// </summary>
internal sealed class DynamoDbStateStore(IAmazonDynamoDB client, string table, TimeProvider time, bool mayCreate = true) : IStateStore, IDisposable
{
    private const string Kind = "kind";
    private const string Key = "key";
    private const string Version = "version";
    private const string Text = "text";

    private readonly DynamoDbTable _made = new(
        client, table, new(Kind, ScalarAttributeType.S), new(Key, ScalarAttributeType.S), time, mayCreate,
        static (what, inner) => new StateStoreException(what, inner));

    public StoreTrouble? Trouble => _made.Trouble;

    public async Task<StateRow?> ReadAsync(string kind, string key, CancellationToken cancellationToken)
    {
        var answer = await _made.CallAsync(() => client.GetItemAsync(
            new GetItemRequest { TableName = table, Key = KeyOf(kind, key), ConsistentRead = true }, cancellationToken), cancellationToken)
                .ConfigureAwait(false);
        return answer.Item is { Count: > 0 } item ? RowOf(item) : null;
    }

    public async Task<IReadOnlyList<StateRow>> ListAsync(string kind, CancellationToken cancellationToken)
    {
        var request = new QueryRequest
        {
            TableName = table,
            KeyConditionExpression = "#kind = :kind",
            ExpressionAttributeNames = new() { ["#kind"] = Kind },
            ExpressionAttributeValues = new() { [":kind"] = new(kind) },
            ConsistentRead = true,
        };
        var items = await _made.CallAsync(() => client.Paginators.Query(request).AllAsync(cancellationToken), cancellationToken).ConfigureAwait(false);
        return items.ConvertAll(RowOf);
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
            TableName = table,
            Item = item,
            ConditionExpression = over == 0 ? "attribute_not_exists(#version)" : "#version = :over",
            ExpressionAttributeNames = new() { ["#version"] = Version },
            ExpressionAttributeValues = over == 0 ? null : new() { [":over"] = NumberOf(over) },
            ReturnValuesOnConditionCheckFailure = ReturnValuesOnConditionCheckFailure.ALL_OLD,
        };
        var row = new StateRow(kind, key, over + 1, text);
        try
        {
            await _made.CallAsync(() => client.PutItemAsync(request, cancellationToken), cancellationToken).ConfigureAwait(false);
            return row;
        }
        catch (ConditionalCheckFailedException e)
        {
            // The SDK repeats a call whose answer was lost. A lease has no text: a former renewal must not count as this one.
            if (text.Length == 0)
                return null;
            // Older DynamoDB Locals do not return the item.
            var there = e.Item is { Count: > 0 } found ? RowOf(found) : await ReadAsync(kind, key, cancellationToken).ConfigureAwait(false);
            return there == row ? row : null;
        }
    }

    public Task<bool> DeleteAsync(string kind, string key, long version, CancellationToken cancellationToken)
    {
        var request = new DeleteItemRequest
        {
            TableName = table,
            Key = KeyOf(kind, key),
            ConditionExpression = "attribute_not_exists(#version) OR #version = :version",
            ExpressionAttributeNames = new() { ["#version"] = Version },
            ExpressionAttributeValues = new() { [":version"] = NumberOf(version) },
        };
        return DynamoDbFailures.HoldsAsync(_made.CallAsync(() => client.DeleteItemAsync(request, cancellationToken), cancellationToken));
    }

    public void Dispose()
    {
        client.Dispose();
        _made.Dispose();
    }

    private static Dictionary<string, AttributeValue> KeyOf(string kind, string key) => new() { [Kind] = new(kind), [Key] = new(key) };

    private static AttributeValue NumberOf(long number) => new() { N = number.ToString(CultureInfo.InvariantCulture) };

    private static StateRow RowOf(Dictionary<string, AttributeValue> item) =>
        new(item[Kind].S, item[Key].S, long.Parse(item[Version].N, CultureInfo.InvariantCulture), item.TryGetValue(Text, out var text) ? text.S : "");
}
