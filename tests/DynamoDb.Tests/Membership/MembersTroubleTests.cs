using System.Collections.Concurrent;
using System.Net.Http.Headers;
using System.Text.Json;
using Orleans.Kpl.Aws.Tests.Serving;
using Orleans.Kpl.Cluster.Tests.Running;
using Orleans.Kpl.DynamoDb.Membership;
using Orleans.Kpl.DynamoDb.Tests.State;
using Orleans.Kpl.Pipeline.State;

namespace Orleans.Kpl.DynamoDb.Tests.Membership;

/// <summary>A DynamoDB that answers late, or with what DynamoDB Local never says: true is applied, false is not, all else is an exception.</summary>
public sealed class MembersTroubleTests(DynamoDbLocal dynamo) : IAsyncLifetime
{
    private const string Conflict = """{"__type":"com.amazonaws.dynamodb.v20120810#TransactionCanceledException","Message":"Transaction cancelled, please refer cancellation reasons for specific reasons [None, TransactionConflict]","CancellationReasons":[{"Code":"None"},{"Code":"TransactionConflict","Message":"Transaction is ongoing for the item"}]}""";
    private const string Throttled = """{"__type":"com.amazonaws.dynamodb.v20120810#TransactionCanceledException","Message":"Transaction cancelled [ThrottlingError, None]","CancellationReasons":[{"Code":"ThrottlingError","Message":"Throughput exceeds the current capacity of your table. It is no ConditionalCheckFailed"},{"Code":"None"}]}""";
    private const string InProgress = """{"__type":"com.amazonaws.dynamodb.v20120810#TransactionInProgressException","Message":"The transaction with the given request token is already in progress."}""";

    private readonly HttpClient _http = new();
    private readonly ConcurrentQueue<string> _tokens = [];
    private Uri? _url;
    private WireServer? _server;
    private MemberRows? _direct;

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    private MemberRows Direct => _direct!;

    public async ValueTask InitializeAsync()
    {
        _url = await dynamo.UrlAsync();
        _direct = await new MemberRows(_url).MadeAsync();
    }

    public async ValueTask DisposeAsync()
    {
        _direct?.Dispose();
        if (_server is not null)
            await _server.DisposeAsync();
        _http.Dispose();
    }

    public static TheoryData<string> Answers => [Conflict, Throttled, InProgress];

    [Theory]
    [MemberData(nameof(Answers))]
    public async Task AnUpdate_ThatIsPutOffOnce_IsAppliedWithTheTokenOfTheFirstTry(string answer)
    {
        using var rows = Behind((n, request, connection) => n == 1 ? RefuseAsync(connection, answer) : PassAsync(request, connection));
        Assert.True(await rows.Table.InsertAsync(MemberRows.Row(1), 1, 0, Cancelled));
        Assert.Equal(new MembersVersion(1, 1), (await Direct.Table.ReadAllAsync(Cancelled)).Version);
        Assert.Equal(2, _tokens.Count);
        Assert.Single(_tokens.Distinct());
    }

    [Theory]
    [MemberData(nameof(Answers))]
    public async Task AnUpdate_ThatIsPutOffEachTime_IsAnExceptionAndNotApplied(string answer)
    {
        using var rows = Behind((_, _, connection) => RefuseAsync(connection, answer));
        var failed = await Assert.ThrowsAsync<StateStoreException>(() => rows.Table.InsertAsync(MemberRows.Row(1), 1, 0, Cancelled));
        Assert.StartsWith($"table {rows.Name} of DynamoDB at http://127.0.0.1:", failed.Message, StringComparison.Ordinal);
        Assert.Equal(new MembersVersion(0, 0), (await Direct.Table.ReadAllAsync(Cancelled)).Version);
    }

    [Fact]
    public async Task AnUpdate_ThatIsAppliedAndWhoseAnswerIsLost_SaysTrue()
    {
        using var rows = Behind(async (n, request, connection) =>
        {
            var answer = await AskAsync(request);
            if (n == 1)
                connection.Reset();
            else
                await connection.AnswerAsync(answer.Body, answer.Status);
        });
        Assert.True(await rows.Table.InsertAsync(MemberRows.Row(1), 1, 0, Cancelled));
        Assert.Equal(new MembersVersion(1, 1), (await Direct.Table.ReadAllAsync(Cancelled)).Version);
        Assert.True(_tokens.Count > 1, "it was not tried again");
        Assert.Single(_tokens.Distinct());
    }

    [Fact]
    public async Task AnUpdate_ThatIsAppliedAndAllOfWhoseAnswersAreLate_IsAnException()
    {
        var end = new TaskCompletionSource();
        using var rows = Behind(
            async (_, request, _) =>
            {
                await AskAsync(request);
                await end.Task;
            },
            TimeSpan.FromMilliseconds(300));
        await Assert.ThrowsAsync<StateStoreException>(() => rows.Table.InsertAsync(MemberRows.Row(1), 1, 0, Cancelled));
        end.SetResult();
        // It may have been applied, and was: the next read tells.
        await Waiting.UntilAsync(async () => (await Direct.Table.ReadAllAsync(Cancelled)).Version == new MembersVersion(1, 1));
        Assert.Single(_tokens.Distinct());
    }

    [Fact]
    public async Task AnUpdate_WhoseConditionFailsAtTheSecondTry_SaysFalse()
    {
        using var rows = Behind(async (n, request, connection) =>
        {
            if (n == 1)
            {
                // Another silo is quicker.
                await Direct.InsertAsync(MemberRows.Row(2));
                await RefuseAsync(connection, Conflict);
            }
            else
            {
                await PassAsync(request, connection);
            }
        });
        Assert.False(await rows.Table.InsertAsync(MemberRows.Row(1), 1, 0, Cancelled));
        Assert.Equal([2], (await Direct.Table.ReadAllAsync(Cancelled)).Rows.Select(r => r.Row.Port));
    }

    [Fact]
    public async Task AnUpdate_ThatItsCallerCancels_IsCancelled()
    {
        var (asked, end) = (new TaskCompletionSource(), new TaskCompletionSource());
        using var rows = Behind((_, _, _) =>
        {
            asked.TrySetResult();
            return end.Task;
        });
        using var stop = new CancellationTokenSource();
        var writing = rows.Table.InsertAsync(MemberRows.Row(1), 1, 0, stop.Token);
        await asked.Task.WaitAsync(Waiting.Long, Cancelled);
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => writing);
        end.SetResult();
    }

    [Fact]
    public async Task EachCall_WhereNobodyListens_IsAnExceptionThatNamesTableRegionAndEndpoint()
    {
        using var dead = new DeadEndpoint();
        using var rows = new MemberRows(dead.Url);
        using var gateways = rows.OpenGateways();
        Func<Task>[] calls =
        [
            () => rows.Table.EnsureAsync(Cancelled), () => rows.Table.EnsureVersionAsync(Cancelled), () => rows.Table.ReadAllAsync(Cancelled),
            () => rows.Table.ReadAsync("a", Cancelled), () => rows.Table.InsertAsync(MemberRows.Row(1), 1, 0, Cancelled),
            () => rows.Table.UpdateAsync(MemberRows.Row(1), 0, 1, 0, Cancelled), () => rows.Table.RenewAsync("a", MemberRows.Start, Cancelled),
            () => rows.Table.DeleteOldAsync(MemberRows.Start, Cancelled), () => rows.Table.DeleteAllAsync("blue", Cancelled),
            () => gateways.ReadAsync(Cancelled),
        ];
        foreach (var call in calls)
        {
            var failed = await Assert.ThrowsAsync<StateStoreException>(call);
            Assert.StartsWith($"table {rows.Name} of DynamoDB at {dead.Url} in region us-east-1: ", failed.Message, StringComparison.Ordinal);
        }
    }

    /// <summary>The table of the test behind an endpoint that does to each transaction, the first being 1, what the test says.</summary>
    private MemberRows Behind(Func<int, ReceivedRequest, WireConnection, Task> respond, TimeSpan? timeout = null)
    {
        var transactions = 0;
        _server = new WireServer((request, connection) =>
        {
            if (request.Operation() != "TransactWriteItems")
                return PassAsync(request, connection);
            using var body = JsonDocument.Parse(request.Body);
            _tokens.Enqueue(body.RootElement.GetProperty("ClientRequestToken").GetString()!);
            return respond(Interlocked.Increment(ref transactions), request, connection);
        });
        return new MemberRows(_server.Address, Direct.Name, timeout);
    }

    private static Task RefuseAsync(WireConnection connection, string answer) => connection.AnswerAsync(answer, 400);

    private async Task PassAsync(ReceivedRequest request, WireConnection connection)
    {
        var (status, body) = await AskAsync(request);
        await connection.AnswerAsync(body, status);
    }

    private async Task<(int Status, string Body)> AskAsync(ReceivedRequest request)
    {
        using var message = new HttpRequestMessage(HttpMethod.Post, _url) { Content = new ByteArrayContent(request.Body) };
        message.Content.Headers.ContentType = MediaTypeHeaderValue.Parse("application/x-amz-json-1.0");
        message.Headers.Add("X-Amz-Target", request.Header("X-Amz-Target"));
        message.Headers.TryAddWithoutValidation("Authorization", request.Header("Authorization"));
        using var answer = await _http.SendAsync(message, Cancelled);
        return ((int)answer.StatusCode, await answer.Content.ReadAsStringAsync(Cancelled));
    }
}
