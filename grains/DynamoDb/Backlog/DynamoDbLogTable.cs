using System.Security.Cryptography;
using Amazon.DynamoDBv2;
using Amazon.DynamoDBv2.Model;
using Orleans.Kpl.DynamoDb.State;
using Orleans.Kpl.Pipeline.Backlog.Storing;

namespace Orleans.Kpl.DynamoDb.Backlog;

/// <summary>
/// Keeps logs in a DynamoDB table. The numbers of a log are spread over <see cref="Spread"/> partition keys, because one key takes 1,000
/// write units (1 MB) a second; the head has a key of its own.
/// </summary>
internal sealed class DynamoDbLogTable : ILogTable, IDisposable
{
    private const int Spread = 8;
    private const long HeadNumber = -1;

    /// <summary>How many items are read at once below the first: each may be a whole segment.</summary>
    private const int SealsAtOnce = 4;

    private const int MostTriesOfAPage = 8;

    private const int TakerBytes = 16;

    private readonly IAmazonDynamoDB _client;
    private readonly string _table;
    private readonly TimeProvider _time;
    private readonly DynamoDbTable _made;
    private long _hundredthsOfUnits;

    public DynamoDbLogTable(IAmazonDynamoDB client, string table, TimeProvider time, bool mayCreate = true)
    {
        (_client, _table, _time) = (client, table, time);
        _made = new DynamoDbTable(
            client, table, new(LogAttributes.Log, ScalarAttributeType.S), new(LogAttributes.Number, ScalarAttributeType.N), time, mayCreate,
            static (what, inner) => new BacklogStoreException(what, inner: inner), LogAttributes.Expires);
    }

    private DynamoDbLogTable(DynamoDbLogTable whole) =>
        (_client, _table, _time, _made) = (whole._client, whole._table, whole._time, whole._made);

    public double WriteUnits => Interlocked.Read(ref _hundredthsOfUnits) / 100.0;

    /// <summary>Returns the same table for one log: it counts what that log alone uses. It is valid while this one is, and is not to be disposed of.</summary>
    public DynamoDbLogTable ForOneLog() => new(this);

    /// <summary>Returns when the table can be used.</summary>
    /// <exception cref="BacklogStoreException">The table has another schema, cannot be created, or DynamoDB does not answer.</exception>
    public Task EnsureAsync(CancellationToken cancellationToken) => CallAsync(static () => Task.FromResult(true), cancellationToken);

    /// <summary>Returns whether a log was ever opened.</summary>
    public async Task<bool> HasHeadAsync(string log, CancellationToken cancellationToken) =>
        await ReadAsync(KeyOf(log, HeadNumber), cancellationToken).ConfigureAwait(false) is not null;

    public async Task<LogHead> TakeAsync(string log, CancellationToken cancellationToken)
    {
        var taker = Convert.ToHexString(RandomNumberGenerator.GetBytes(TakerBytes));
        while (true)
        {
            var there = await ReadAsync(KeyOf(log, HeadNumber), cancellationToken).ConfigureAwait(false);
            if (there?.GetValueOrDefault(LogAttributes.Taker)?.S == taker)
                return HeadOf(there);
            try
            {
                // A call may be carried out late, or twice. Without the condition on the epoch it would shut out a later owner.
                var answer = await UpdateAsync(TakeOf(log, taker, there?.GetValueOrDefault(LogAttributes.Epoch)), cancellationToken).ConfigureAwait(false);
                return HeadOf(answer.Attributes);
            }
            catch (ConditionalCheckFailedException)
            {
                // Either the first try was carried out and its answer was lost, or another process was faster.
            }
        }
    }

    public Task<bool> SaveHeadAsync(string log, LogHead head, CancellationToken cancellationToken)
    {
        var request = new UpdateItemRequest
        {
            TableName = _table,
            Key = KeyOf(log, HeadNumber),
            // When the head expires is left as it is: a call that is carried out late would keep the head of a log that is over for ever.
            UpdateExpression = "SET #next = :next, #from = :from, #saves = :saves" + (head.Progress.IsEmpty ? " REMOVE #progress" : ", #progress = :progress"),
            ConditionExpression = "#epoch = :epoch AND (attribute_not_exists(#saves) OR #saves <= :saves)",
            ExpressionAttributeNames = new()
            {
                ["#epoch"] = LogAttributes.Epoch, ["#next"] = LogAttributes.Next, ["#from"] = LogAttributes.From, ["#saves"] = LogAttributes.Saves,
                ["#progress"] = LogAttributes.Progress,
            },
            ExpressionAttributeValues = new()
            {
                [":epoch"] = LogAttributes.Of(head.Epoch), [":next"] = LogAttributes.Of(head.NextNumber), [":from"] = LogAttributes.Of(head.From),
                [":saves"] = LogAttributes.Of(head.Saves),
            },
        };
        if (!head.Progress.IsEmpty)
            request.ExpressionAttributeValues[":progress"] = LogAttributes.Of(head.Progress);
        return DynamoDbFailures.HoldsAsync(UpdateAsync(request, cancellationToken));
    }

    public Task<bool> ExpireHeadAsync(string log, long epoch, DateTimeOffset at, CancellationToken cancellationToken) => ExpireAsync(
        KeyOf(log, HeadNumber), at, "#epoch = :epoch", new() { ["#epoch"] = LogAttributes.Epoch }, new() { [":epoch"] = LogAttributes.Of(epoch) },
        cancellationToken);

    public async Task<LogHeight> HighestAsync(string log, long from, CancellationToken cancellationToken) => LogHeight.Of(
        await Task.WhenAll(Enumerable.Range(0, Spread).Select(i => HighestOfOneAsync(KeyOf(log, i)[LogAttributes.Log], from, cancellationToken)))
            .ConfigureAwait(false));

    public async Task<IReadOnlyList<LogItem>> ListAsync(string log, long from, CancellationToken cancellationToken)
    {
        var lists = await Task.WhenAll(Enumerable.Range(0, Spread).Select(i => ListOneAsync(KeyOf(log, i)[LogAttributes.Log], from, cancellationToken)))
            .ConfigureAwait(false);
        return [.. lists.SelectMany(static l => l)];
    }

    public async Task<LogItem?> PutIfAbsentAsync(string log, LogItem item, CancellationToken cancellationToken)
    {
        var request = PutOf(log, item);
        request.ConditionExpression = "attribute_not_exists(#log)";
        request.ExpressionAttributeNames = new() { ["#log"] = LogAttributes.Log };
        request.ReturnValuesOnConditionCheckFailure = ReturnValuesOnConditionCheckFailure.ALL_OLD;
        try
        {
            await PutAsync(request, cancellationToken).ConfigureAwait(false);
            return null;
        }
        catch (ConditionalCheckFailedException e)
        {
            return e.Item is { Count: > 0 } there
                ? LogAttributes.ItemOf(there)
                : await GetAsync(log, item.Number, cancellationToken).ConfigureAwait(false) ?? throw _made.Told(e);
        }
    }

    public Task PutAsync(string log, LogItem item, CancellationToken cancellationToken) => PutAsync(PutOf(log, item), cancellationToken);

    /// <remarks>Not a mark: seals have a time of their own, and a number that was set aside stays taken.</remarks>
    public Task ExpireAsync(string log, long number, DateTimeOffset at, CancellationToken cancellationToken) => ExpireAsync(
        KeyOf(log, number), at, "attribute_exists(#log) AND attribute_not_exists(#seal)",
        new() { ["#log"] = LogAttributes.Log, ["#seal"] = LogAttributes.Seal }, [], cancellationToken);

    public async Task<LogItem?> GetAsync(string log, long number, CancellationToken cancellationToken) =>
        await ReadAsync(KeyOf(log, number), cancellationToken).ConfigureAwait(false) is { } item ? LogAttributes.ItemOf(item) : null;

    public Task DeleteAsync(string log, IReadOnlyList<long> numbers, CancellationToken cancellationToken) => BatchDeletion.DeleteAsync(
        numbers.Distinct().Select(n => KeyOf(log, n)),
        async requests =>
        {
            var request = new BatchWriteItemRequest { RequestItems = new() { [_table] = requests }, ReturnConsumedCapacity = ReturnConsumedCapacity.TOTAL };
            var answer = await CallAsync(() => _client.BatchWriteItemAsync(request, cancellationToken), cancellationToken).ConfigureAwait(false);
            foreach (var consumed in answer.ConsumedCapacity ?? [])
                Count(consumed);
            return answer.UnprocessedItems?.GetValueOrDefault(_table) ?? [];
        },
        what => new BacklogStoreException($"table {_table}: {what}"), _time, cancellationToken);

    public void Dispose()
    {
        _client.Dispose();
        _made.Dispose();
    }

    private static Dictionary<string, AttributeValue> KeyOf(string log, long number) => new()
    {
        [LogAttributes.Log] = new(number < 0 ? log : $"{log}#{number % Spread}"),
        [LogAttributes.Number] = LogAttributes.Of(number),
    };

    private static LogHead HeadOf(Dictionary<string, AttributeValue> head) => new(
        LogAttributes.NumberIn(head, LogAttributes.Epoch, 1), LogAttributes.NumberIn(head, LogAttributes.Next, 1),
        LogAttributes.NumberIn(head, LogAttributes.From, 1), LogAttributes.BytesIn(head, LogAttributes.Progress) ?? default);

    private UpdateItemRequest TakeOf(string log, string taker, AttributeValue? epoch)
    {
        var request = new UpdateItemRequest
        {
            TableName = _table,
            Key = KeyOf(log, HeadNumber),
            UpdateExpression = "SET #taker = :taker ADD #epoch :one REMOVE #expires, #saves",
            ConditionExpression = epoch is null ? "attribute_not_exists(#epoch)" : "#epoch = :epoch",
            ExpressionAttributeNames = new()
            {
                ["#taker"] = LogAttributes.Taker, ["#epoch"] = LogAttributes.Epoch, ["#expires"] = LogAttributes.Expires, ["#saves"] = LogAttributes.Saves,
            },
            ExpressionAttributeValues = new() { [":one"] = LogAttributes.Of(1), [":taker"] = new(taker) },
            ReturnValues = ReturnValue.ALL_NEW,
        };
        if (epoch is not null)
            request.ExpressionAttributeValues[":epoch"] = epoch;
        return request;
    }

    private PutItemRequest PutOf(string log, LogItem item) => new()
    {
        TableName = _table,
        Item = LogAttributes.Of(KeyOf(log, item.Number)[LogAttributes.Log].S, item),
    };

    private async Task<Dictionary<string, AttributeValue>?> ReadAsync(Dictionary<string, AttributeValue> key, CancellationToken cancellationToken)
    {
        var request = new GetItemRequest { TableName = _table, Key = key, ConsistentRead = true };
        var answer = await CallAsync(() => _client.GetItemAsync(request, cancellationToken), cancellationToken).ConfigureAwait(false);
        return answer.Item is { Count: > 0 } item ? item : null;
    }

    /// <summary>Lets an item expire, if the condition holds.</summary>
    private Task<bool> ExpireAsync(
        Dictionary<string, AttributeValue> key, DateTimeOffset at, string condition, Dictionary<string, string> names,
        Dictionary<string, AttributeValue> values, CancellationToken cancellationToken)
    {
        names["#expires"] = LogAttributes.Expires;
        values[":at"] = LogAttributes.Of(at.ToUnixTimeSeconds());
        var request = new UpdateItemRequest
        {
            TableName = _table, Key = key, UpdateExpression = "SET #expires = :at", ConditionExpression = condition, ExpressionAttributeNames = names,
            ExpressionAttributeValues = values,
        };
        return DynamoDbFailures.HoldsAsync(UpdateAsync(request, cancellationToken));
    }

    /// <summary>Goes down from the highest number to one that was written, as a rule one and the same. A takeover that failed leaves seals above.</summary>
    private async Task<LogHeight> HighestOfOneAsync(AttributeValue key, long from, CancellationToken cancellationToken)
    {
        var used = 0L;
        Dictionary<string, AttributeValue>? after = null;
        do
        {
            var request = NewQuery(key, from);
            (request.ScanIndexForward, request.Limit, request.ExclusiveStartKey) = (false, after is null ? 1 : SealsAtOnce, after);
            var answer = await PageAsync(request, cancellationToken).ConfigureAwait(false);
            foreach (var item in (answer.Items ?? []).Select(LogAttributes.ItemOf))
            {
                used = Math.Max(used, item.Number);
                if (item.IsWritten)
                    return new LogHeight(used, item.Number);
            }

            after = answer.LastEvaluatedKey;
        }
        while (after is { Count: > 0 });
        return new LogHeight(used, 0);
    }

    private async Task<List<LogItem>> ListOneAsync(AttributeValue key, long from, CancellationToken cancellationToken)
    {
        var request = NewQuery(key, from);
        var items = new List<LogItem>();
        do
        {
            var answer = await PageAsync(request, cancellationToken).ConfigureAwait(false);
            items.AddRange((answer.Items ?? []).Select(LogAttributes.ItemOf));
            request.ExclusiveStartKey = answer.LastEvaluatedKey;
        }
        while (request.ExclusiveStartKey is { Count: > 0 });
        return items;
    }

    /// <summary>A question for the used numbers of one list, from the given one on, without their data.</summary>
    private QueryRequest NewQuery(AttributeValue key, long from) => new()
    {
        TableName = _table,
        KeyConditionExpression = "#log = :log AND #number >= :from",
        ProjectionExpression = "#number, #bytes, #parts, #seal, #count, #expires",
        ExpressionAttributeNames = new()
        {
            ["#log"] = LogAttributes.Log, ["#number"] = LogAttributes.Number, ["#bytes"] = LogAttributes.Bytes,
            ["#parts"] = LogAttributes.Parts, ["#seal"] = LogAttributes.Seal, ["#count"] = LogAttributes.Count,
            ["#expires"] = LogAttributes.Expires,
        },
        ExpressionAttributeValues = new() { [":log"] = key, [":from"] = LogAttributes.Of(from) },
        ConsistentRead = true,
    };

    /// <summary>Reads a page, a few times where it fails: a large log has thousands, and to begin with the first one again would never end.</summary>
    private Task<QueryResponse> PageAsync(QueryRequest request, CancellationToken cancellationToken) => StoreRetries.NewBackoff().RetryAsync(
        () => CallAsync(() => _client.QueryAsync(request, cancellationToken), cancellationToken),
        static (e, tries) => e is BacklogStoreException && tries < MostTriesOfAPage, _time, cancellationToken);

    private async Task<UpdateItemResponse> UpdateAsync(UpdateItemRequest request, CancellationToken cancellationToken)
    {
        request.ReturnConsumedCapacity = ReturnConsumedCapacity.TOTAL;
        var answer = await CallAsync(() => _client.UpdateItemAsync(request, cancellationToken), cancellationToken).ConfigureAwait(false);
        Count(answer.ConsumedCapacity);
        return answer;
    }

    private async Task PutAsync(PutItemRequest request, CancellationToken cancellationToken)
    {
        request.ReturnConsumedCapacity = ReturnConsumedCapacity.TOTAL;
        var answer = await CallAsync(() => _client.PutItemAsync(request, cancellationToken), cancellationToken).ConfigureAwait(false);
        Count(answer.ConsumedCapacity);
    }

    private async Task<T> CallAsync<T>(Func<Task<T>> call, CancellationToken cancellationToken)
    {
        try
        {
            return await _made.CallAsync(call, cancellationToken).ConfigureAwait(false);
        }
        catch (ConditionalCheckFailedException)
        {
            // A write whose condition failed is charged all the same: at least one unit, and the SDK does not report how many.
            Count(new ConsumedCapacity { CapacityUnits = 1 });
            throw;
        }
    }

    private void Count(ConsumedCapacity? consumed) =>
        Interlocked.Add(ref _hundredthsOfUnits, (long)Math.Round((consumed?.CapacityUnits ?? 0) * 100));
}
