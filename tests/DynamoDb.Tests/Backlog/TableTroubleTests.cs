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

    [Fact]
    public async Task OpenAsync_WhenNobodyListens_IsAnExceptionOfTheStore()
    {
        using var dead = new DeadEndpoint();
        await using var store = StoreAt(dead.Url);

        await Assert.ThrowsAsync<BacklogStoreException>(() => store.OpenAsync("events", SegmentLogKind.Records, Cancelled));
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

    private static string Undone(int number) =>
        """{"UnprocessedItems":{"the-backlog":[{"DeleteRequest":{"Key":{"log":{"S":"log"},"number":{"N":"NUMBER"}}}}]}}""".Replace("NUMBER", $"{number}", StringComparison.Ordinal);

    private static string OperationOf(ReceivedRequest request) => request.Header("X-Amz-Target").Split('.')[^1];

    private static DynamoDbLogTable TableAt(Uri address) => new(ClientOf(address), "the-backlog", new JumpingTime());

    private static DynamoDbBacklogStore StoreAt(Uri address) => new(ClientOf(address), "the-backlog", "w", TimeSpan.FromDays(8), TimeProvider.System);

    /// <summary>A call that a slow machine lets time out is made again, and each call here is counted.</summary>
    private static IAmazonDynamoDB ClientOf(Uri address) =>
        DynamoDbClients.Create(new KplDynamoDbOptions(), new DynamoDbLocation("us-east-1", "test", address), Waiting.Long);
}
