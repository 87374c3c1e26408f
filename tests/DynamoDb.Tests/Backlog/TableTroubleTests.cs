using System.Globalization;
using System.Text.Json;
using Amazon.DynamoDBv2;
using Orleans.Kpl.Aws.Endpoints;
using Orleans.Kpl.Aws.Tests.Serving;
using Orleans.Kpl.DynamoDb.Backlog;
using Orleans.Kpl.DynamoDb.State;
using Orleans.Kpl.Pipeline.Backlog.Storing;

namespace Orleans.Kpl.DynamoDb.Tests.Backlog;

/// <summary>Answers of DynamoDB that DynamoDB Local never gives.</summary>
public sealed class TableTroubleTests
{
    private const string Table = """
        {"Table":{"TableStatus":"ACTIVE","KeySchema":[{"AttributeName":"log","KeyType":"HASH"},{"AttributeName":"number","KeyType":"RANGE"}],
        "AttributeDefinitions":[{"AttributeName":"log","AttributeType":"S"},{"AttributeName":"number","AttributeType":"N"}]}}
        """;

    private const string Throttled =
        """{"__type":"com.amazonaws.dynamodb.v20120810#ProvisionedThroughputExceededException","message":"The level of configured throughput is exceeded"}""";

    private const string Expiry = """{"TimeToLiveDescription":{"TimeToLiveStatus":"ENABLED","AttributeName":"expires"}}""";

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("com.amazon.coral.service#AccessDeniedException", "User: arn:aws:iam::1:user/u is not authorized to perform: dynamodb:DescribeTable", "not authorized to perform: dynamodb:DescribeTable")]
    [InlineData("com.amazonaws.dynamodb.v20120810#ProvisionedThroughputExceededException", "The level of configured throughput is exceeded", "throughput")]
    [InlineData("com.amazon.coral.service#UnrecognizedClientException", "The security token included in the request is invalid", "token")]
    public async Task OpenAsync_WhenDynamoDbRefuses_SaysWhatAndWhere(string code, string message, string expected)
    {
        await using var server = new WireServer((_, c) => c.AnswerAsync(400, $$"""{"__type":"{{code}}","message":"{{message}}"}""", "application/x-amz-json-1.0"));
        await using var store = StoreAt(server.Address);

        var refused = await Assert.ThrowsAsync<BacklogStoreException>(() => store.OpenAsync("events", SegmentLogKind.Records, Cancelled));
        Assert.Contains("the-backlog", refused.Message, StringComparison.Ordinal);
        Assert.Contains(expected, refused.Message, StringComparison.Ordinal);
        Assert.False(refused.IsFull);
    }

    /// <summary>
    /// The description of a table that is being deleted has no keys: reading them threw an ArgumentNullException. A table that was just created may not be
    /// described yet: it was created again and again without a pause.
    /// </summary>
    [Fact]
    public async Task EnsureAsync_WhereTheTableIsDeletedAndMadeAgain_WaitsForBoth()
    {
        var (looks, time) = (0, new PromptTime());
        await using var server = new WireServer((request, c) => OperationOf(request) switch
        {
            "DescribeTable" when ++looks == 1 => c.AnswerAsync(200, """{"Table":{"TableStatus":"DELETING"}}""", "application/x-amz-json-1.0"),
            "DescribeTable" when looks < 6 => RefuseAsync(c, "ResourceNotFoundException"),
            "CreateTable" when looks > 2 => RefuseAsync(c, "ResourceInUseException"),
            _ => c.AnswerAsync(200, OperationOf(request) == "DescribeTable" ? Table : Expiry, "application/x-amz-json-1.0"),
        });
        using var table = new DynamoDbLogTable(ClientOf(server.Address), "the-backlog", time);

        await table.EnsureAsync(Cancelled);

        Assert.Equal(6, looks);
        Assert.Equal(4, time.Pauses.Count);
    }

    [Fact]
    public async Task DeleteAsync_WhenItemsAreLeftUndone_AsksForThemAgain()
    {
        var batches = new List<string>();
        await using var server = new WireServer((request, c) =>
        {
            if (OperationOf(request) != "BatchWriteItem")
                return c.AnswerAsync(200, OperationOf(request) == "DescribeTable" ? Table : Expiry, "application/x-amz-json-1.0");
            batches.Add(request.BodyText);
            return c.AnswerAsync(200, batches.Count == 1 ? Undone(3) : "{}", "application/x-amz-json-1.0");
        });
        using var table = TableAt(server.Address);

        await table.DeleteAsync("log", [1, 2, 3], Cancelled);

        Assert.Equal(2, batches.Count);
        Assert.Contains("\"1\"", batches[0], StringComparison.Ordinal);
        Assert.DoesNotContain("\"N\":\"1\"", batches[1], StringComparison.Ordinal);
        Assert.Contains("\"N\":\"3\"", batches[1], StringComparison.Ordinal);
    }

    [Fact]
    public async Task DeleteAsync_WhenItemsStayUndone_GivesUp()
    {
        await using var server = new WireServer((request, c) => c.AnswerAsync(
            200, OperationOf(request) switch { "DescribeTable" => Table, "BatchWriteItem" => Undone(2), _ => Expiry }, "application/x-amz-json-1.0"));
        using var table = TableAt(server.Address);

        Assert.Contains("undone", (await Assert.ThrowsAsync<BacklogStoreException>(() => table.DeleteAsync("log", [1, 2, 3], Cancelled))).Message, StringComparison.Ordinal);
    }

    /// <summary>One page that was throttled twice threw all pages away: a log of some size was never taken over.</summary>
    [Fact]
    public async Task ListAsync_WherePagesAreThrottled_GoesOnWhereItWas()
    {
        const int Pages = 50;
        var answered = new List<string>();
        var refused = new Dictionary<string, int>();
        await using var server = new WireServer((request, c) =>
        {
            if (OperationOf(request) != "Query")
                return c.AnswerAsync(200, OperationOf(request) == "DescribeTable" ? Table : Expiry, "application/x-amz-json-1.0");
            using var asked = JsonDocument.Parse(request.BodyText);
            var key = asked.RootElement.GetProperty("ExpressionAttributeValues").GetProperty(":log").GetProperty("S").GetString();
            var page = asked.RootElement.TryGetProperty("ExclusiveStartKey", out var after)
                ? int.Parse(after.GetProperty("number").GetProperty("N").GetString()!, CultureInfo.InvariantCulture)
                : 0;
            lock (answered)
            {
                var place = $"{key} {page}";
                if (page % 5 == 4 && (refused[place] = refused.GetValueOrDefault(place) + 1) <= 2)
                    return c.AnswerAsync(400, Throttled, "application/x-amz-json-1.0");
                answered.Add(place);
            }

            var next = page + 1 < Pages ? $$$""","LastEvaluatedKey":{"log":{"S":"{{{key}}}"},"number":{"N":"{{{page + 1}}}"}}""" : "";
            return c.AnswerAsync(200, $$$"""{"Items":[{"number":{"N":"{{{page}}}"},"bytes":{"N":"7"}}]{{{next}}}}""", "application/x-amz-json-1.0");
        });
        using var table = TableAt(server.Address);

        Assert.Equal(8 * Pages, (await table.ListAsync("log", 1, Cancelled)).Count);
        Assert.Equal(8 * Pages, answered.Count);
        Assert.Equal(8 * Pages, answered.Distinct().Count());
    }

    private static Task RefuseAsync(WireConnection connection, string code) =>
        connection.AnswerAsync(400, $$"""{"__type":"com.amazonaws.dynamodb.v20120810#{{code}}","message":"no"}""", "application/x-amz-json-1.0");

    private static string Undone(int number) =>
        """{"UnprocessedItems":{"the-backlog":[{"DeleteRequest":{"Key":{"log":{"S":"log"},"number":{"N":"NUMBER"}}}}]}}""".Replace("NUMBER", $"{number}", StringComparison.Ordinal);

    private static string OperationOf(ReceivedRequest request) => request.Header("X-Amz-Target").Split('.')[^1];

    private static DynamoDbLogTable TableAt(Uri address) => new(ClientOf(address), "the-backlog", new JumpingTime());

    private static DynamoDbBacklogStore StoreAt(Uri address) => new(ClientOf(address), "the-backlog", "w", TimeSpan.FromDays(8), TimeProvider.System);

    /// <summary>A call that a slow machine lets time out is made again, and each call here is counted.</summary>
    private static IAmazonDynamoDB ClientOf(Uri address) =>
        DynamoDbClients.Create(new KplDynamoDbOptions(), new DynamoDbLocation("us-east-1", "test", address), Waiting.Long);
}
