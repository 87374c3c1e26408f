using Amazon.DynamoDBv2;
using Amazon.DynamoDBv2.Model;
using Orleans.Kpl.Aws.Endpoints;
using Orleans.Kpl.Aws.Tests.Serving;
using Orleans.Kpl.DynamoDb.Backlog;
using Orleans.Kpl.DynamoDb.State;
using Orleans.Kpl.Pipeline.Backlog.Storing;
using Orleans.Kpl.Pipeline.State;

namespace Orleans.Kpl.DynamoDb.Tests.State;

/// <summary>Whatever goes wrong on the way to the table, the store says so in its own words: those who need a row wait for them, and try again.</summary>
public sealed class StateStoreTroubleTests
{
    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("nobody answers")]
    [InlineData("the connection ends")]
    [InlineData("the answer is rubbish", "no json")]
    [InlineData("the answer is rubbish", "{\"Table\":{\"TableStatus\":\"ACT")]
    public async Task EachCall_ThatGetsNoAnswerOrRubbish_IsAnExceptionOfTheStore(string what, string? answer = null)
    {
        await using var server = new WireServer((_, connection) => what switch
        {
            "nobody answers" => connection.WaitForEndAsync(),
            "the connection ends" => throw new IOException("the end"),
            _ => connection.AnswerAsync(answer!),
        });
        using var store = StoreAt(server.Address, what == "nobody answers" ? TimeSpan.FromMilliseconds(200) : Waiting.Long);

        await AllFailAsync(store);
    }

    /// <summary>What the SDK throws from a call, each kind of it, at the store and at the backlog's table.</summary>
    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task ACall_ThatFailsAsTheSdkCanFail_IsAnExceptionOfTheStore(Type kind)
    {
        var failure = (Exception)(kind.GetConstructor([]) is null ? Activator.CreateInstance(kind, "no answer") : Activator.CreateInstance(kind))!;
        using var store = new DynamoDbStateStore(new FailingClient(failure), "the-state", TimeProvider.System);

        Assert.Same(failure, (await Assert.ThrowsAsync<StateStoreException>(() => store.ReadAsync("kind", "key", Cancelled))).InnerException);
        await using var backlog = new DynamoDbBacklogStore(new FailingClient(failure), "the-backlog", "writer", TimeSpan.FromDays(8), TimeProvider.System);
        var refused = await Assert.ThrowsAsync<BacklogStoreException>(() => backlog.EnsureAsync(Cancelled));
        Assert.Same(failure, refused.InnerException);
    }

    /// <summary>It was no exception of the store: a reshard under way, say, did not wait until the program gave credentials again, and stood still.</summary>
    [PosixFact]
    public async Task ACall_WhoseCredentialsCannotBeHad_IsAnExceptionOfTheStore()
    {
        using var folder = new TemporaryFolder();
        var options = new KplDynamoDbOptions { ServiceUrl = new Uri("http://127.0.0.1:9"), Profile = "own" };
        var location = DynamoDbLocation.Resolve(
            options, new AwsEnvironment(static _ => null, folder.Write("profiles", "[own]\ncredential_process = false\n")));
        using var store = new DynamoDbStateStore(DynamoDbClients.Create(options, location), "the-state", TimeProvider.System);

        await AllFailAsync(store);
    }

    /// <summary>Nobody told of it: the cluster's state may be away for hours, and unordered records are delivered all the same.</summary>
    [Fact]
    public async Task Trouble_IsToldFromTheFirstCallThatFailed_UntilOneDoesNot()
    {
        var (time, isAway) = (new FakeTimeProvider(), true);
        await using var server = new WireServer((request, connection) =>
            isAway ? throw new IOException("the end") : connection.AnswerAsync(request.Operation() == "DescribeTable" ? Table : "{}"));
        using var store = StoreAt(server.Address, Waiting.Long, time);
        Assert.Null(store.Trouble);
        var since = time.GetUtcNow();

        await AllFailAsync(store);
        time.Advance(TimeSpan.FromMinutes(1));
        await AllFailAsync(store);
        Assert.Equal(since, store.Trouble!.Since);
        Assert.StartsWith("table the-state: ", store.Trouble.Why, StringComparison.Ordinal);

        isAway = false;
        Assert.Null(await store.ReadAsync("kind", "key", Cancelled));
        Assert.Null(store.Trouble);
    }

    /// <summary>What was said had no code, and of a DynamoDB that does not answer that a task was canceled.</summary>
    [Theory]
    [InlineData(true, "AccessDeniedException: no")]
    [InlineData(false, "no answer in time")]
    public async Task ALookForMissingTables_ThatFails_SaysWhy(bool isAnswered, string why)
    {
        await using var server = new WireServer((_, connection) => isAnswered
            ? connection.AnswerAsync("""{"__type":"com.amazon.coral.service#AccessDeniedException","message":"no"}""", 400)
            : connection.WaitForEndAsync());
        using var client = TableClients.Of(server.Address, isAnswered ? Waiting.Long : TimeSpan.FromMilliseconds(100));

        var refused = await Assert.ThrowsAsync<StateStoreException>(() => RequiredTables.FindErrorsAsync(client, ["orders-state"], Cancelled));
        Assert.Equal($"table orders-state: {why}", refused.Message);
    }

    /// <summary>The SDK's text has many lines, and quotes the one of AWS's files that it cannot read.</summary>
    [Fact]
    public async Task CredentialsThatAreNowhere_AreToldInOurWords()
    {
        using var client = new FailingClient(
            new Amazon.Runtime.AmazonClientException("The resolver found none:\nException 1 of 2: Line 4:<aws_secret_access_key wJalr>"));

        var refused = await Assert.ThrowsAsync<StateStoreException>(() => RequiredTables.FindErrorsAsync(client, ["orders-state"], Cancelled));
        Assert.Equal(
            "table orders-state: no credentials: none in the environment, a web identity, a profile, a container or instance metadata", refused.Message);
    }

    public static TheoryData<Type> Kinds => [.. DynamoDbFailures.Kinds];

    private static async Task AllFailAsync(DynamoDbStateStore store)
    {
        await Assert.ThrowsAsync<StateStoreException>(() => store.ReadAsync("kind", "key", Cancelled));
        await Assert.ThrowsAsync<StateStoreException>(() => store.ListAsync("kind", Cancelled));
        await Assert.ThrowsAsync<StateStoreException>(() => store.WriteAsync("kind", "key", 0, "text", Cancelled));
        await Assert.ThrowsAsync<StateStoreException>(() => store.DeleteAsync("kind", "key", 1, Cancelled));
    }

    private const string Table =
        """
        {"Table":{"TableStatus":"ACTIVE","AttributeDefinitions":[{"AttributeName":"kind","AttributeType":"S"},{"AttributeName":"key","AttributeType":"S"}],
        "KeySchema":[{"AttributeName":"kind","KeyType":"HASH"},{"AttributeName":"key","KeyType":"RANGE"}]}}
        """;

    private static DynamoDbStateStore StoreAt(Uri address, TimeSpan timeout, TimeProvider? time = null) =>
        new(TableClients.Of(address, timeout), "the-state", time ?? TimeProvider.System);

    private sealed class FailingClient(Exception failure) : AmazonDynamoDBClient(
        new Amazon.Runtime.BasicAWSCredentials("id", "secret"), new AmazonDynamoDBConfig { ServiceURL = "http://127.0.0.1:9" })
    {
        public override Task<DescribeTableResponse> DescribeTableAsync(string tableName, CancellationToken cancellationToken = default) => throw failure;
    }
}
