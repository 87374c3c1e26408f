using Orleans.Kpl.Aws;
using Orleans.Kpl.Aws.Endpoints;
using Orleans.Kpl.Aws.Operations;
using Orleans.Kpl.Cli.Bench;
using Orleans.Kpl.Cli.Commands;
using Orleans.Kpl.Cli.Tail;
using Orleans.Kpl.Cli.Terminal;
using Orleans.Kpl.Pipeline.Kinesis;
using Orleans.Kpl.Pipeline.Names;

namespace Orleans.Kpl.Cli.Settings;

/// <summary>Checks whether one stream exists at one Kinesis endpoint, and reads it.</summary>
internal sealed class KinesisConnection(CliHost host, StatusLine status, KinesisClient gateway, StreamTarget target, string advice)
    : ITailSource, IDisposable
{
    /// <summary>How long it is waited for word of the stream where records are taken without it too.</summary>
    private static readonly TimeSpan LongestGuess = TimeSpan.FromSeconds(6);

    /// <summary>The shortest time limit of a call: an answer of GetRecords may have 10 MiB.</summary>
    private static readonly TimeSpan LeastTimeout = TimeSpan.FromSeconds(30);

    /// <summary>What names the endpoint for most verbs, in a sentence.</summary>
    public const string Option = "--endpoint URL names a local endpoint, such as http://127.0.0.1:4567";

    /// <summary>The endpoint, for people.</summary>
    public Uri Endpoint => gateway.Location.Endpoint;

    /// <param name="status">Is told where an answer takes long.</param>
    /// <param name="advice">What names another endpoint, in a sentence.</param>
    /// <exception cref="CliException">No call can be made with these settings.</exception>
    public static KinesisConnection Create(CliHost host, StatusLine status, KplOptions options, string stream, string advice = Option)
    {
        var settings = options.GetStream(stream);
        var timeout = settings.RequestTimeout > LeastTimeout ? settings.RequestTimeout : LeastTimeout;
        try
        {
            var gateway = KinesisClient.Create(options.Kinesis, host.Time, new AwsEnvironment(host.Variable, null));
            return new KinesisConnection(host, status, gateway, StreamTarget.Of(stream, settings) with { RequestTimeout = timeout }, advice);
        }
        catch (KinesisSettingsException exception)
        {
            throw CliException.BadArguments(options.Kinesis.EndpointUrl is null ? $"{exception.Message} {advice}" : exception.Message);
        }
    }

    /// <summary>Lists the open shards of a stream; null where that cannot be told.</summary>
    public static async Task<IReadOnlyList<ShardShare>?> ListOpenShardsAsync(CliHost host, StatusLine status, KplOptions options, string stream)
    {
        using var connection = Create(host, status, options, stream);
        try
        {
            var shards = await connection.ListShardsAsync(ShardFilter.AtLatest, host.Stop).ConfigureAwait(false);
            var open = shards.Where(static s => s.IsOpen).Select(static s => s.ToRange());
            return [.. open.Select(static s => ShardShare.Of(s.ShardId, s.StartingHashKey, s.EndingHashKey))];
        }
        catch (KinesisException)
        {
            return null; // The caller has no permission to list shards, or too many callers list them.
        }
    }

    /// <summary>Checks that the stream exists, and returns what Kinesis tells of it; a missing permission to check is no error, and null.</summary>
    /// <param name="away">
    /// Takes why the endpoint is not reachable, where that is no error: then it is waited for six seconds at most. Null where it is one.
    /// </param>
    /// <exception cref="CliException">The endpoint is not reachable, or has no such stream.</exception>
    public async Task<StreamSummary?> CheckAsync(CancellationToken stop, Action<string>? away = null)
    {
        try
        {
            var asked = away is null ? target : target with { RequestTimeout = LongestGuess };
            return await WatchAsync(gateway.DescribeStreamSummaryAsync(asked, stop)).ConfigureAwait(false);
        }
        catch (KinesisException exception) when (exception.Code is RecordErrorCodes.InvalidStream)
        {
            throw CliException.BadArguments(exception.Message);
        }
        catch (KinesisException exception) when (exception.Code is RecordErrorCodes.ResourceNotFound)
        {
            throw CliException.NotThere($"stream '{target.Stream}' does not exist at {Endpoint}: {exception.Message}");
        }
        catch (KinesisException exception) when (exception.Code is RecordErrorCodes.CredentialsUnavailable)
        {
            // The SDK tells of each source it asked, one a line.
            var found = exception.Message.Split('\n')[0].TrimEnd(':', '\r');
            throw CliException.NotThere(
                $"no credentials for {Endpoint}: {found}; set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY or AWS_PROFILE; {advice}");
        }
        catch (KinesisException exception) when (exception.Kind is not KinesisFailureKind.Refused)
        {
            var why = $"the Kinesis endpoint {Endpoint} is not reachable: {exception.Message}";
            (away ?? throw CliException.NotThere(why))(why.TrimEnd('.'));
            return null;
        }
        catch (KinesisException exception) when (exception.Code is not ("AccessDeniedException" or "LimitExceededException") && exception.HttpStatus < 500)
        {
            throw CliException.NotThere($"{Endpoint} refuses: {exception.Code}: {exception.Message}");
        }
        catch (KinesisException)
        {
            // The caller has no permission to check, or too many callers check: the records will show whether the stream exists.
            return null;
        }
    }

    /// <summary>Returns the name of a stream whose ARN Kinesis tells to be of the producers' own account; any other as it was given.</summary>
    public async Task<string> CanonicalAsync(KplOptions options, CancellationToken stop)
    {
        try
        {
            var names = new StreamNameResolver(options, gateway, host.Time, keepArns: options.Kinesis.UseArnHost);
            return await names.CanonicalAsync(target.Stream, stop).ConfigureAwait(false);
        }
        catch (KinesisException)
        {
            return target.Stream;
        }
    }

    public Task<IReadOnlyList<ShardDescription>> ListShardsAsync(ShardFilter filter, CancellationToken cancellationToken) =>
        WatchAsync(gateway.ListShardsAsync(target, filter, cancellationToken));

    public Task<string> GetShardIteratorAsync(string shardId, ShardPosition position, CancellationToken cancellationToken) =>
        gateway.GetShardIteratorAsync(target, shardId, position, cancellationToken).AsTask();

    public Task<RecordsPage> GetRecordsAsync(string shardIterator, CancellationToken cancellationToken) =>
        gateway.GetRecordsAsync(target, shardIterator, limit: null, cancellationToken).AsTask();

    public void Dispose() => gateway.Dispose();

    private Task<T> WatchAsync<T>(ValueTask<T> call) => WaitNotice.WatchAsync(status, host.Time, Endpoint, call.AsTask());
}
