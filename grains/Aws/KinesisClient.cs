using System.Globalization;
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

    /// <summary>The target of a call that names no stream: the region's endpoint, with the process' own credentials.</summary>
    private static readonly StreamTarget NoStream = new("-", null, TimeSpan.FromSeconds(6));

    /// <summary>2^128, one more than the last hash key: it has the form that Kinesis' model asks for, and no shard has it.</summary>
    private const string ImpossibleHashKey = "340282366920938463463374607431768211456";

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
        Connections = new HttpMessageInvoker(handler, disposeHandler: true);
        _routes = new StreamRoutes(location, useArnHost, time);
        _caller = new KinesisCaller(Connections, _routes, credentials, new RequestSigner(location.Region, "kinesis"), credentials.Clock, time)
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
            Why = reached.Why,
        };
    }

    /// <summary>Endpoint and region, and where the region was found.</summary>
    public KinesisLocation Location { get; }

    /// <summary>The settings of AWS's environment that are heeded on the way there, for the log; null for none.</summary>
    public string? Heeded { get; init; }

    /// <summary>The reasons why calls go where they go, and the settings that are heeded on the way there, for people.</summary>
    public string Why { get; init; } = "";

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

    public int PartsOf(long bytes, int mayBegin) => _hasher.PartsOf(bytes, mayBegin);

    /// <summary>Has every answer's time told, for those who compare clocks.</summary>
    public Action<DateTimeOffset>? DateSeen
    {
        set => _caller.DateSeen = value;
    }

    /// <summary>The connections that calls are made over.</summary>
    public HttpMessageInvoker Connections { get; }

    /// <summary>Fetches the credentials of this process, or of a stream, without a call to Kinesis.</summary>
    /// <exception cref="KinesisException">There are none.</exception>
    public async Task FetchCredentialsAsync(StreamTarget? stream, CancellationToken cancellationToken) =>
        await _credentials.For(stream).GetAsync(cancellationToken).ConfigureAwait(false);

    /// <summary>Puts up to 500 records in one call; the entries' memory is read until the returned task completes.</summary>
    public async ValueTask<PutRecordsReply> PutRecordsAsync(
        StreamTarget stream, ReadOnlyMemory<PutRecordsEntry> entries, CancellationToken cancellationToken)
    {
        var route = _routes.For(stream.Stream);
        var body = new PutRecordsBody(entries, route, IsCbor(stream, route) ? WireFormat.Cbor : WireFormat.Json);
        await _hasher.HashAsync(body).ConfigureAwait(false);
        return await _caller.CallAsync(PutRecords.Many, stream, route, body, _putRecords.ReadReply, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Puts one record; where a sequence number is given, the record follows it in its shard.</summary>
    public ValueTask<PutRecordsReplyEntry> PutRecordAsync(
        StreamTarget stream, PutRecordsEntry entry, string? sequenceNumberForOrdering, CancellationToken cancellationToken)
    {
        var route = _routes.For(stream.Stream);
        var body = new PutRecordBody(entry, sequenceNumberForOrdering, route, IsCbor(stream, route) ? WireFormat.Cbor : WireFormat.Json);
        return _caller.CallAsync(PutRecords.One, stream, route, body, _putRecords.ReadSingle, cancellationToken);
    }

    /// <summary>
    /// Puts a record under a hash key that no shard can have, 2^128. Kinesis refuses it after it has checked the right to put, so nothing is written.
    /// </summary>
    /// <param name="isAlone">Whether by PutRecord, whose right is another one than that of PutRecords.</param>
    public async ValueTask<PutRecordsReply> PutImpossibleAsync(StreamTarget stream, bool isAlone, CancellationToken cancellationToken)
    {
        if (isAlone)
        {
            var call = CallAsync("PutRecord", OperationKind.Data, stream, WriteImpossible, _putRecords.ReadSingle, cancellationToken);
            return new([await call.ConfigureAwait(false)]);
        }

        return await CallAsync("PutRecords", OperationKind.Data, stream, static (json, route) =>
        {
            json.WriteStartArray("Records"u8);
            json.WriteStartObject();
            WriteImpossible(json, null);
            json.WriteEndObject();
            json.WriteEndArray();
            route.WriteMember(json);
        }, _putRecords.ReadReply, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Lists the first page of the shards that a filter selects. It has no MaxResults: the service's default, 1,000, is its maximum.</summary>
    public ValueTask<ShardPage> ListShardsPageAsync(StreamTarget stream, ShardFilter filter, CancellationToken cancellationToken) =>
        CallAsync("ListShards", OperationKind.Control, stream, (json, route) =>
        {
            route.WriteMember(json);
            ListShards.Write(json, filter);
        }, ListShards.Read, cancellationToken);

    /// <summary>Lists a later page; its token is valid for 300 s. It excludes the stream and the filter (Kinesis API, ListShards, NextToken).</summary>
    public ValueTask<ShardPage> ListShardsPageAsync(StreamTarget stream, string nextToken, CancellationToken cancellationToken) => CallAsync(
        "ListShards", OperationKind.Control, stream, (json, _) => json.WriteString("NextToken"u8, nextToken), ListShards.Read, cancellationToken);

    /// <summary>Lists all pages of the shards that a filter selects; starts again from the first page when a token expires.</summary>
    public ValueTask<IReadOnlyList<ShardDescription>> ListShardsAsync(StreamTarget stream, ShardFilter filter, CancellationToken cancellationToken) =>
        ShardPages.ReadAsync(async token =>
        {
            var page = token is null
                ? await ListShardsPageAsync(stream, filter, cancellationToken).ConfigureAwait(false)
                : await ListShardsPageAsync(stream, token, cancellationToken).ConfigureAwait(false);
            return (page.Shards, page.NextToken);
        });

    public async ValueTask<IReadOnlyList<ShardRange>> ListShardsAsync(StreamTarget stream, CancellationToken cancellationToken)
    {
        var shards = await ListShardsAsync(stream, ShardFilter.AtLatest, cancellationToken).ConfigureAwait(false);

        // Some services that emulate Kinesis ignore the filter, or list a shard on two pages.
        return [.. shards.Where(static shard => shard.IsOpen).DistinctBy(static shard => shard.ShardId).Select(static shard => shard.ToRange())];
    }

    public async ValueTask<IReadOnlyList<ShardRange>> ListClosedShardsAsync(StreamTarget stream, CancellationToken cancellationToken)
    {
        var shards = await ListShardsAsync(stream, ShardFilter.FromTrimHorizon, cancellationToken).ConfigureAwait(false);
        return [.. shards.Where(static shard => !shard.IsOpen).Select(static shard => shard.ToRange())];
    }

    public ValueTask<StreamSummary> DescribeStreamSummaryAsync(StreamTarget stream, CancellationToken cancellationToken) => CallAsync(
        "DescribeStreamSummary", OperationKind.Control, stream, static (json, route) => route.WriteMember(json), DescribeStreamSummary.Read,
        cancellationToken);

    /// <summary>Asks DescribeStreamSummary, and returns the answer as it came.</summary>
    public ValueTask<JsonElement> AskSummaryAsync(StreamTarget stream, CancellationToken cancellationToken) => CallAsync(
        "DescribeStreamSummary", OperationKind.Control, stream, static (json, route) => route.WriteMember(json), ReadWhole, cancellationToken);

    /// <summary>Asks ListShards for all pages, and returns the shards as they came.</summary>
    /// <param name="filter">The filter in JSON; null for none.</param>
    public ValueTask<IReadOnlyList<JsonElement>> AskShardsAsync(StreamTarget stream, string? filter, CancellationToken cancellationToken) =>
        ShardPages.ReadAsync<JsonElement>(async token =>
        {
            var page = await CallAsync("ListShards", OperationKind.Control, stream, (json, route) =>
            {
                if (token is not null)
                {
                    json.WriteString("NextToken"u8, token);
                    return;
                }

                route.WriteMember(json);
                if (filter is null)
                    return;
                json.WritePropertyName("ShardFilter"u8);
                json.WriteRawValue(filter);
            }, ReadWhole, cancellationToken).ConfigureAwait(false);
            return ([.. page.GetProperty("Shards"u8).EnumerateArray()], page.TryGetProperty("NextToken"u8, out var next) ? next.GetString() : null);
        });

    /// <summary>Asks ListStreams, and returns a page as it came.</summary>
    /// <param name="after">The last stream of the page before; null for the first page.</param>
    public ValueTask<JsonElement> AskStreamsAsync(string? after, CancellationToken cancellationToken) =>
        CallAsync("ListStreams", OperationKind.Regional, NoStream, (json, _) =>
        {
            if (after is not null)
                json.WriteString("ExclusiveStartStreamName"u8, after);
        }, ReadWhole, cancellationToken);

    /// <summary>Splits a shard in two; the second child starts at the given hash key.</summary>
    public Task SplitShardAsync(StreamTarget stream, string shardId, UInt128 newStartingHashKey, CancellationToken cancellationToken) =>
        CallAsync("SplitShard", OperationKind.Control, stream, (json, route) =>
        {
            route.WriteMember(json);
            json.WriteString("ShardToSplit"u8, shardId);
            json.WriteString("NewStartingHashKey"u8, newStartingHashKey.ToString(CultureInfo.InvariantCulture));
        }, cancellationToken);

    /// <summary>Merges two shards with adjacent ranges.</summary>
    public Task MergeShardsAsync(StreamTarget stream, string shardId, string adjacentShardId, CancellationToken cancellationToken) =>
        CallAsync("MergeShards", OperationKind.Control, stream, (json, route) =>
        {
            route.WriteMember(json);
            json.WriteString("ShardToMerge"u8, shardId);
            json.WriteString("AdjacentShardToMerge"u8, adjacentShardId);
        }, cancellationToken);

    /// <summary>Sets the number of shards; UNIFORM_SCALING is the only scaling type.</summary>
    public Task UpdateShardCountAsync(StreamTarget stream, int targetShardCount, CancellationToken cancellationToken) =>
        CallAsync("UpdateShardCount", OperationKind.Control, stream, (json, route) =>
        {
            route.WriteMember(json);
            json.WriteNumber("TargetShardCount"u8, targetShardCount);
            json.WriteString("ScalingType"u8, "UNIFORM_SCALING"u8);
        }, cancellationToken);

    /// <summary>Reads the account's quota of shards.</summary>
    public ValueTask<AccountShards> DescribeLimitsAsync(StreamTarget stream, CancellationToken cancellationToken) =>
        CallAsync("DescribeLimits", OperationKind.Regional, stream, static (_, _) => { }, static (ref json) =>
        {
            var answer = json.ReadAs(KinesisAnswers.Default.LimitsAnswer);
            return new AccountShards(answer.ShardLimit, answer.OpenShardCount);
        }, cancellationToken);

    /// <summary>Reads the status of the account's billing commitment.</summary>
    public ValueTask<string?> DescribeCommitmentAsync(StreamTarget stream, CancellationToken cancellationToken) => CallAsync(
        "DescribeAccountSettings", OperationKind.Regional, stream, static (_, _) => { },
        static (ref json) => json.ReadAs(KinesisAnswers.Default.AccountAnswer).MinimumThroughputBillingCommitment?.Status, cancellationToken);

    /// <summary>Changes a stream's mode, warm throughput or largest record. The request names the stream's ARN.</summary>
    public Task ChangeCapacityAsync(StreamTarget stream, string streamArn, CapacityCall call, CancellationToken cancellationToken)
    {
        var name = call switch { CapacityCall.Warm => "UpdateStreamWarmThroughput", CapacityCall.MaxRecord => "UpdateMaxRecordSize", _ => "UpdateStreamMode" };
        return CallAsync(name, OperationKind.Control, stream, (json, _) =>
        {
            json.WriteString("StreamARN"u8, streamArn);
            switch (call)
            {
                case CapacityCall.Warm warm:
                    json.WriteNumber("WarmThroughputMiBps"u8, warm.MiBPerSecond);
                    break;
                case CapacityCall.MaxRecord limit:
                    json.WriteNumber("MaxRecordSizeInKiB"u8, limit.KiB);
                    break;
                case CapacityCall.Mode mode:
                    WriteMode(json, mode.OnDemand);
                    break;
            }
        }, cancellationToken);
    }

    /// <summary>Creates a stream with the given number of shards; null creates an on-demand stream. It never goes to an account's own host.</summary>
    /// <param name="stream">The stream; of an ARN only the name is used.</param>
    public Task CreateStreamAsync(StreamTarget stream, int? shardCount, CancellationToken cancellationToken) =>
        CallAsync("CreateStream", OperationKind.Regional, stream, (json, route) =>
        {
            json.WriteString("StreamName"u8, route.Name);
            if (shardCount is { } count)
                json.WriteNumber("ShardCount"u8, count);
            else
                WriteMode(json, onDemand: true);
        }, cancellationToken);

    public ValueTask<string> GetShardIteratorAsync(StreamTarget stream, string shardId, ShardPosition position, CancellationToken cancellationToken) =>
        CallAsync("GetShardIterator", OperationKind.Data, stream, (json, route) =>
        {
            route.WriteMember(json);
            json.WriteString("ShardId"u8, shardId);
            json.WriteString("ShardIteratorType"u8, position.Type);
            if (position.SequenceNumber is { } sequenceNumber)
                json.WriteString("StartingSequenceNumber"u8, sequenceNumber);
            if (position.Timestamp is { } time)
                json.WriteTime("Timestamp"u8, time);
        }, Reading.ReadIterator, cancellationToken);

    /// <summary>
    /// Reads the next records from an iterator; <paramref name="limit"/> is at most 10,000 records. The request names its stream only by ARN: the iterator
    /// contains everything else.
    /// </summary>
    public ValueTask<RecordsPage> GetRecordsAsync(StreamTarget stream, string shardIterator, int? limit, CancellationToken cancellationToken) =>
        CallAsync("GetRecords", OperationKind.Data, stream, (json, route) =>
        {
            if (route.IsArn)
                route.WriteMember(json);
            json.WriteString("ShardIterator"u8, shardIterator);
            if (limit is { } most)
                json.WriteNumber("Limit"u8, most);
        }, new ReplyReaders<RecordsPage>(null, Whole: Reading.ReadRecords), cancellationToken);

    public void Dispose() => Connections.Dispose();

    private static JsonElement ReadWhole(ref Utf8JsonReader json) => JsonElement.ParseValue(ref json);

    private static void WriteImpossible(Utf8JsonWriter json, StreamRoute? route)
    {
        route?.WriteMember(json);
        json.WriteBase64String("Data"u8, "kpl check"u8);
        json.WriteString("PartitionKey"u8, "kpl-check"u8);
        json.WriteString("ExplicitHashKey"u8, ImpossibleHashKey);
    }

    private static void WriteMode(Utf8JsonWriter json, bool onDemand)
    {
        json.WriteStartObject("StreamModeDetails"u8);
        json.WriteString("StreamMode"u8, onDemand ? "ON_DEMAND"u8 : "PROVISIONED"u8);
        json.WriteEndObject();
    }

    /// <summary>Calls an operation whose answer is empty, or not needed.</summary>
    private async Task CallAsync(
        string operation, OperationKind kind, StreamTarget stream, Action<Utf8JsonWriter, StreamRoute> members, CancellationToken cancellationToken) =>
        await CallAsync(operation, kind, stream, members, default(ReplyReaders<object>), cancellationToken).ConfigureAwait(false);

    private ValueTask<T> CallAsync<T>(
        string operation, OperationKind kind, StreamTarget stream, Action<Utf8JsonWriter, StreamRoute> members, ReplyReader<T> read,
        CancellationToken cancellationToken) => CallAsync(operation, kind, stream, members, new ReplyReaders<T>(read), cancellationToken);

    private ValueTask<T> CallAsync<T>(
        string operation, OperationKind kind, StreamTarget stream, Action<Utf8JsonWriter, StreamRoute> members, ReplyReaders<T> readers,
        CancellationToken cancellationToken)
    {
        var route = _routes.For(stream.Stream);
        var body = new BufferedBody(json => members(json, route));
        return _caller.CallAsync(new KinesisOperation(operation, kind), stream, route, body, readers, cancellationToken);
    }

    private bool IsCbor(StreamTarget stream, StreamRoute route) =>
        (stream.WireFormat == WireFormat.Cbor || stream.WireFormat == WireFormat.Auto && _routes.IsOfAws)
        && !_routes.EndpointFor(route, OperationKind.Data).RefusesCbor;
}
