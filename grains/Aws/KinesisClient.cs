using System.Text.Json;
using Orleans.Kpl.Aws.Bodies;
using Orleans.Kpl.Aws.Credentials;
using Orleans.Kpl.Aws.Endpoints;
using Orleans.Kpl.Aws.Operations;
using Orleans.Kpl.Aws.Signing;
using Orleans.Kpl.Aws.Transport;
using Orleans.Kpl.Aws.Wire;
using Orleans.Kpl.Pipeline.Kinesis;

namespace Orleans.Kpl.Aws;

/// <summary>
/// Calls Kinesis' API over pooled connections, with signed requests in AWS JSON 1.1; records go in CBOR where the endpoint is AWS's own, or
/// the settings of a stream ask for it. One call is one attempt. Every failure is a <see cref="KinesisException"/>; a caller that cancels gets an
/// <see cref="OperationCanceledException"/>.
/// </summary>
internal sealed class KinesisClient : IKinesisGateway, IKinesisControl, IDisposable
{
    /// <summary>The connections to one host: a stream limits its own calls, and some whose calls hang must leave room for the others.</summary>
    private const int MaxConnections = 1_024;

    private readonly HttpMessageInvoker _http;
    private readonly StreamRoutes _routes;
    private readonly CredentialSources _credentials;
    private readonly KinesisCaller _caller;
    private readonly BodyHasher _hasher;
    private readonly PutRecords _putRecords = new();

    public KinesisClient(
        HttpMessageHandler handler, KinesisLocation location, CredentialSources credentials, bool useArnHost, TimeProvider time, BodyHasher? hasher = null)
    {
        _hasher = hasher ?? BodyHasher.Create(usesLanes: false);
        Location = location;
        CredentialSource = credentials.Description;
        _credentials = credentials;
        _http = new HttpMessageInvoker(handler, disposeHandler: true);
        _routes = new StreamRoutes(location, useArnHost, time);
        _caller = new KinesisCaller(_http, _routes, credentials, new RequestSigner(location.Region, "kinesis"), credentials.Clock, time)
        {
            CborRefused = (endpoint, error) => CborRefused?.Invoke(endpoint, error),
        };
    }

    /// <summary>Makes one of settings. It sends nothing and fetches no credentials before the first call.</summary>
    /// <param name="options">Section <c>Kpl:Kinesis</c>.</param>
    /// <param name="time">The clock that requests are signed and timed with.</param>
    /// <param name="environment">AWS's settings around this process; null for those that it has.</param>
    /// <exception cref="KinesisSettingsException">No call can be made with these settings; the exception names the setting.</exception>
    public static KinesisClient Create(KinesisOptions options, TimeProvider time, AwsEnvironment? environment = null)
    {
        var reached = AwsConnection.Open(AwsService.Kinesis, options, environment ?? AwsEnvironment.Process, MaxConnections, time);
        return new KinesisClient(
            reached.Handler, reached.Location, reached.Credentials, options.UseArnHost, time, BodyHasher.Create(options.VectorHashing))
        {
            Heeded = reached.Heeded,
        };
    }

    /// <summary>Endpoint and region, and where the region was found.</summary>
    public KinesisLocation Location { get; }

    /// <summary>The settings of AWS's environment that are heeded on the way there, for the log; null for none.</summary>
    public string? Heeded { get; init; }

    /// <summary>The source of the credentials, for the log; no secrets.</summary>
    public string CredentialSource { get; }

    /// <summary>The source of the credentials for a stream; null for this process' own.</summary>
    public string CredentialSourceFor(StreamTarget? stream) => _credentials.DescriptionFor(stream);

    /// <summary>The time that requests are signed with.</summary>
    public ServerClock Clock => _credentials.Clock;

    /// <summary>
    /// Raised once for each endpoint that refused CBOR and accepted the same call in JSON; from then on the endpoint gets JSON only. The event
    /// is raised on the thread that made the call: a handler must return at once and must not throw.
    /// </summary>
    public event Action<Uri, KinesisException>? CborRefused;

    /// <inheritdoc />
    public int PartsOf(long bytes, int mayBegin) => _hasher.PartsOf(bytes, mayBegin);

    /// <summary>Has every answer's time told, for those who compare clocks.</summary>
    public Action<DateTimeOffset>? DateSeen
    {
        set => _caller.DateSeen = value;
    }

    /// <summary>The connections that calls are made over.</summary>
    public HttpMessageInvoker Connections => _http;

    /// <summary>Fetches the credentials of this process, or of a stream, without a call to Kinesis.</summary>
    /// <exception cref="KinesisException">There are none.</exception>
    public async Task FetchCredentialsAsync(StreamTarget? stream, CancellationToken cancellationToken) =>
        await _credentials.For(stream).GetAsync(cancellationToken).ConfigureAwait(false);

    /// <summary>Puts up to 500 records in one call; the entries' memory is read until the returned task completes.</summary>
    public async ValueTask<PutRecordsReply> PutRecordsAsync(
        StreamTarget stream, ReadOnlyMemory<PutRecordsEntry> entries, CancellationToken cancellationToken)
    {
        var route = _routes.For(stream.Stream);
        LongBody body = IsCbor(stream, route) ? new PutRecordsCborBody(entries, route) : new PutRecordsBody(entries, route.Member);
        await _hasher.HashAsync(body).ConfigureAwait(false);
        return await _caller.CallAsync(PutRecords.Many, stream, route, body, _putRecords.ReadReply, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Puts one record; where a sequence number is given, the record follows it in its shard.</summary>
    public ValueTask<PutRecordsReplyEntry> PutRecordAsync(
        StreamTarget stream, PutRecordsEntry entry, string? sequenceNumberForOrdering, CancellationToken cancellationToken)
    {
        var route = _routes.For(stream.Stream);
        RequestBody body = IsCbor(stream, route)
            ? new PutRecordCborBody(entry, sequenceNumberForOrdering, route)
            : new PutRecordBody(entry, sequenceNumberForOrdering, route.Member);
        return _caller.CallAsync(PutRecords.One, stream, route, body, _putRecords.ReadSingle, cancellationToken);
    }

    /// <summary>
    /// Puts a record under a hash key that no shard can have, 2^128. Kinesis refuses it after it has checked the right to put, so nothing is written.
    /// </summary>
    public ValueTask<PutRecordsReply> PutImpossibleAsync(StreamTarget stream, CancellationToken cancellationToken)
    {
        var route = _routes.For(stream.Stream);
        return _caller.CallAsync(PutRecords.Many, stream, route, PutRecords.ImpossibleRequest(route), _putRecords.ReadReply, cancellationToken);
    }

    /// <summary>Lists the first page of the shards that a filter selects.</summary>
    public ValueTask<ShardPage> ListShardsPageAsync(StreamTarget stream, ShardFilter filter, CancellationToken cancellationToken) =>
        CallAsync(ListShards.Operation, stream, route => ListShards.FirstPage(route, filter), ListShards.Read, cancellationToken);

    /// <summary>Lists a later page; its token is valid for 300 s.</summary>
    public ValueTask<ShardPage> ListShardsPageAsync(StreamTarget stream, string nextToken, CancellationToken cancellationToken) =>
        CallAsync(ListShards.Operation, stream, _ => ListShards.NextPage(nextToken), ListShards.Read, cancellationToken);

    /// <summary>Lists all pages of the shards that a filter selects; starts again from the first page when a token expires.</summary>
    public async ValueTask<IReadOnlyList<ShardDescription>> ListShardsAsync(StreamTarget stream, ShardFilter filter, CancellationToken cancellationToken)
    {
        for (var again = false; ; again = true)
        {
            try
            {
                var page = await ListShardsPageAsync(stream, filter, cancellationToken).ConfigureAwait(false);
                if (page.NextToken is null)
                    return page.Shards;
                var shards = new List<ShardDescription>(page.Shards);
                while (page.NextToken is { } token)
                {
                    page = await ListShardsPageAsync(stream, token, cancellationToken).ConfigureAwait(false);
                    shards.AddRange(page.Shards);
                }

                return shards;
            }
            catch (KinesisException e) when (e.Code == "ExpiredNextTokenException" && !again)
            {
            }
        }
    }

    public async ValueTask<IReadOnlyList<ShardRange>> ListShardsAsync(StreamTarget stream, CancellationToken cancellationToken)
    {
        var shards = await ListShardsAsync(stream, ShardFilter.AtLatest, cancellationToken).ConfigureAwait(false);

        // Some services that emulate Kinesis ignore the filter.
        return [.. shards.Where(static shard => shard.IsOpen).Select(static shard => shard.ToRange())];
    }

    public async ValueTask<IReadOnlyList<ShardRange>> ListClosedShardsAsync(StreamTarget stream, CancellationToken cancellationToken)
    {
        var shards = await ListShardsAsync(stream, ShardFilter.FromTrimHorizon, cancellationToken).ConfigureAwait(false);
        return [.. shards.Where(static shard => !shard.IsOpen).Select(static shard => shard.ToRange())];
    }

    public ValueTask<StreamSummary> DescribeStreamSummaryAsync(StreamTarget stream, CancellationToken cancellationToken) =>
        CallAsync(DescribeStreamSummary.Operation, stream, DescribeStreamSummary.Request, DescribeStreamSummary.Read, cancellationToken);

    /// <summary>Asks DescribeStreamSummary, and returns the answer as it came.</summary>
    public ValueTask<JsonElement> AskSummaryAsync(StreamTarget stream, CancellationToken cancellationToken) =>
        CallAsync(DescribeStreamSummary.Operation, stream, DescribeStreamSummary.Request, WholeAnswer.Read, cancellationToken);

    /// <summary>Asks ListShards, and returns a page as it came.</summary>
    /// <param name="filter">The filter in JSON; null for none.</param>
    /// <param name="nextToken">The token of a later page; null for the first one.</param>
    public ValueTask<JsonElement> AskShardsAsync(StreamTarget stream, string? filter, string? nextToken, CancellationToken cancellationToken) =>
        CallAsync(
            ListShards.Operation, stream, route => nextToken is null ? WholeAnswer.ListShards(route, filter) : ListShards.NextPage(nextToken),
            WholeAnswer.Read, cancellationToken);

    /// <summary>Asks ListStreams, and returns a page as it came.</summary>
    /// <param name="after">The last stream of the page before; null for the first page.</param>
    public ValueTask<JsonElement> AskStreamsAsync(string? after, CancellationToken cancellationToken) =>
        CallAsync(WholeAnswer.Streams, WholeAnswer.NoStream, _ => WholeAnswer.ListStreams(after), WholeAnswer.Read, cancellationToken);

    /// <summary>Splits a shard in two; the second child starts at the given hash key.</summary>
    public Task SplitShardAsync(StreamTarget stream, string shardId, UInt128 newStartingHashKey, CancellationToken cancellationToken) =>
        CallAsync(Resharding.Split, stream, route => Resharding.SplitRequest(route, shardId, newStartingHashKey), cancellationToken);

    /// <summary>Merges two shards with adjacent ranges.</summary>
    public Task MergeShardsAsync(StreamTarget stream, string shardId, string adjacentShardId, CancellationToken cancellationToken) =>
        CallAsync(Resharding.Merge, stream, route => Resharding.MergeRequest(route, shardId, adjacentShardId), cancellationToken);

    public ValueTask<ShardCountChange> UpdateShardCountAsync(StreamTarget stream, int targetShardCount, CancellationToken cancellationToken) =>
        CallAsync(
            Resharding.UpdateCount, stream, route => Resharding.UpdateCountRequest(route, targetShardCount), Resharding.ReadUpdateCount, cancellationToken);

    Task IKinesisControl.UpdateShardCountAsync(StreamTarget stream, int targetShardCount, CancellationToken cancellationToken) =>
        UpdateShardCountAsync(stream, targetShardCount, cancellationToken).AsTask();

    /// <summary>Reads the account's quota of shards.</summary>
    public ValueTask<AccountShards> DescribeLimitsAsync(StreamTarget stream, CancellationToken cancellationToken) =>
        CallAsync(DescribeLimits.Operation, stream, static _ => DescribeLimits.Request(), DescribeLimits.Read, cancellationToken);

    /// <summary>Reads the status of the account's billing commitment.</summary>
    public ValueTask<string?> DescribeCommitmentAsync(StreamTarget stream, CancellationToken cancellationToken) =>
        CallAsync(CapacityOperations.Account, stream, static _ => DescribeLimits.Request(), CapacityOperations.ReadCommitment, cancellationToken);

    /// <summary>Changes a stream's mode, warm throughput or largest record.</summary>
    public Task ChangeCapacityAsync(StreamTarget stream, string streamArn, CapacityCall call, CancellationToken cancellationToken) =>
        CallAsync(CapacityOperations.OperationOf(call), stream, _ => CapacityOperations.Request(streamArn, call), cancellationToken);

    /// <summary>Creates a stream with the given number of shards; null creates an on-demand stream.</summary>
    public Task CreateStreamAsync(StreamTarget stream, int? shardCount, CancellationToken cancellationToken) =>
        CallAsync(StreamLifecycle.Create, stream, route => StreamLifecycle.CreateRequest(route, shardCount), cancellationToken);

    public ValueTask<string> GetShardIteratorAsync(StreamTarget stream, string shardId, ShardPosition position, CancellationToken cancellationToken) =>
        CallAsync(Reading.Iterator, stream, route => Reading.IteratorRequest(route, shardId, position), Reading.ReadIterator, cancellationToken);

    /// <summary>Reads the next records from an iterator; <paramref name="limit"/> is at most 10,000 records.</summary>
    public ValueTask<RecordsPage> GetRecordsAsync(StreamTarget stream, string shardIterator, int? limit, CancellationToken cancellationToken) =>
        CallAsync(
            Reading.Records, stream, route => Reading.RecordsRequest(route, shardIterator, limit),
            new ReplyReaders<RecordsPage>(null, Whole: Reading.ReadRecords), cancellationToken);

    public void Dispose() => _http.Dispose();

    /// <summary>Calls an operation whose answer is empty.</summary>
    private async Task CallAsync(
        KinesisOperation operation, StreamTarget stream, Func<StreamRoute, RequestBody> makeBody, CancellationToken cancellationToken)
    {
        var route = _routes.For(stream.Stream);
        await _caller.CallAsync<object>(operation, stream, route, makeBody(route), default, cancellationToken).ConfigureAwait(false);
    }

    private ValueTask<T> CallAsync<T>(
        KinesisOperation operation, StreamTarget stream, Func<StreamRoute, RequestBody> makeBody, ReplyReader<T> read, CancellationToken cancellationToken) =>
        CallAsync(operation, stream, makeBody, new ReplyReaders<T>(read), cancellationToken);

    private ValueTask<T> CallAsync<T>(
        KinesisOperation operation, StreamTarget stream, Func<StreamRoute, RequestBody> makeBody, ReplyReaders<T> readers, CancellationToken cancellationToken)
    {
        var route = _routes.For(stream.Stream);
        return _caller.CallAsync(operation, stream, route, makeBody(route), readers, cancellationToken);
    }

    private bool IsCbor(StreamTarget stream, StreamRoute route) =>
        (stream.WireFormat == WireFormat.Cbor || stream.WireFormat == WireFormat.Auto && _routes.IsOfAws)
        && !_routes.EndpointFor(route, OperationKind.Data).RefusesCbor;
}
