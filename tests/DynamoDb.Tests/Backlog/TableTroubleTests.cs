using System.Globalization;
using System.Text.Json;
using Orleans.Kpl.Aws.Endpoints;
using Orleans.Kpl.Aws.Tests.Serving;
using Orleans.Kpl.DynamoDb.Backlog;
using Orleans.Kpl.DynamoDb.State;
using Orleans.Kpl.DynamoDb.Tests.State;
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

    [Fact]
    public async Task OpenAsync_WhenDynamoDbRefuses_SaysWhatAndWhere()
    {
        const string Why = "User: arn:aws:iam::1:user/u is not authorized to perform: dynamodb:DescribeTable";
        await using var server = new WireServer((_, c) => c.AnswerAsync(
            $$"""{"__type":"com.amazon.coral.service#AccessDeniedException","message":"{{Why}}"}""", 400));
        await using var store = StoreAt(server.Address);

        var refused = await Assert.ThrowsAsync<BacklogStoreException>(() => store.OpenAsync("events", SegmentLogKind.Records, Cancelled));
        Assert.Equal($"table the-backlog: AccessDeniedException: {Why}", refused.Message);
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
        await using var server = new WireServer((request, c) => request.Operation() switch
        {
            "DescribeTable" when ++looks == 1 => c.AnswerAsync("""{"Table":{"TableStatus":"DELETING"}}"""),
            "DescribeTable" when looks < 6 => RefuseAsync(c, "ResourceNotFoundException"),
            "CreateTable" when looks > 2 => RefuseAsync(c, "ResourceInUseException"),
            _ => c.AnswerAsync(request.Operation() == "DescribeTable" ? Table : Expiry),
        });
        using var table = new DynamoDbLogTable(TableClients.Of(server.Address), "the-backlog", time);

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
            if (request.Operation() != "BatchWriteItem")
                return c.AnswerAsync(request.Operation() == "DescribeTable" ? Table : Expiry);
            batches.Add(request.BodyText);
            return c.AnswerAsync(batches.Count == 1 ? Undone(3) : "{}");
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
            request.Operation() switch { "DescribeTable" => Table, "BatchWriteItem" => Undone(2), _ => Expiry }));
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
            if (request.Operation() != "Query")
                return c.AnswerAsync(request.Operation() == "DescribeTable" ? Table : Expiry);
            using var asked = JsonDocument.Parse(request.BodyText);
            var key = asked.RootElement.GetProperty("ExpressionAttributeValues").GetProperty(":log").GetProperty("S").GetString();
            var page = asked.RootElement.TryGetProperty("ExclusiveStartKey", out var after)
                ? int.Parse(after.GetProperty("number").GetProperty("N").GetString()!, CultureInfo.InvariantCulture)
                : 0;
            lock (answered)
            {
                var place = $"{key} {page}";
                if (page % 5 == 4 && (refused[place] = refused.GetValueOrDefault(place) + 1) <= 2)
                    return c.AnswerAsync(Throttled, 400);
                answered.Add(place);
            }

            var next = page + 1 < Pages ? $$$""","LastEvaluatedKey":{"log":{"S":"{{{key}}}"},"number":{"N":"{{{page + 1}}}"}}""" : "";
            return c.AnswerAsync($$$"""{"Items":[{"number":{"N":"{{{page}}}"},"bytes":{"N":"7"}}]{{{next}}}}""");
        });
        using var table = TableAt(server.Address);

        Assert.Equal(8 * Pages, (await table.ListAsync("log", 1, Cancelled)).Count);
        Assert.Equal(8 * Pages, answered.Count);
        Assert.Equal(8 * Pages, answered.Distinct().Count());
    }

    private static Task RefuseAsync(WireConnection connection, string code) =>
        connection.AnswerAsync($$"""{"__type":"com.amazonaws.dynamodb.v20120810#{{code}}","message":"no"}""", 400);

    private static string Undone(int number) =>
        """{"UnprocessedItems":{"the-backlog":[{"DeleteRequest":{"Key":{"log":{"S":"log"},"number":{"N":"NUMBER"}}}}]}}""".Replace("NUMBER", $"{number}", StringComparison.Ordinal);

    private static DynamoDbLogTable TableAt(Uri address)
    {
        // The SDK's second try of its own would come after a pause in real time.
        var options = new KplDynamoDbOptions { ServiceUrl = address };
        var location = DynamoDbLocation.Resolve(options, new AwsEnvironment(static name => name == "AWS_MAX_ATTEMPTS" ? "1" : null, null));
        return new(DynamoDbClients.Create(options, location, Waiting.Long), "the-backlog", new PromptTime());
    }

    private static DynamoDbBacklogStore StoreAt(Uri address) => new(TableClients.Of(address), "the-backlog", "w", TimeSpan.FromDays(8), TimeProvider.System);
}
