using Orleans.Kpl.Benchmarks.Loads;
using Orleans.Kpl.Benchmarks.Processes;

namespace Orleans.Kpl.Benchmarks.Endpoint;

/// <summary>Where an endpoint answers.</summary>
/// <param name="AuthorityFile">Whom to trust for its certificate; empty without TLS.</param>
internal sealed record EndpointLocation(Uri Url, string AuthorityFile);

/// <summary>What the shards of a stream took and refused, at one instant of the endpoint's clock.</summary>
internal sealed record EndpointCount(double Seconds, long Records, long Bytes, long Throttled);

/// <summary>What was used of a stream's shards for a while.</summary>
/// <param name="Used">Of what they allow.</param>
/// <param name="Throttled">Of the Kinesis records that were sent, those that were refused.</param>
/// <param name="BytesPerSecond">Data and keys.</param>
internal sealed record EndpointShare(double Used, double Throttled, double BytesPerSecond);

/// <summary>
/// An endpoint in a process of its own: an <see cref="AnsweringEndpoint"/> where the producer is measured, else the local one. It keeps what it took, so that
/// losing records is never fast.
/// </summary>
internal sealed class EndpointProcess : IAsyncDisposable
{
    /// <summary>Command to forget what was taken; a stream has the shards that its name tells.</summary>
    public const string Begin = "begin";

    /// <summary>Command to take apart what a stream took since it began.</summary>
    public const string Report = "report";

    /// <summary>Command to count what a stream took.</summary>
    public const string Count = "count";

    /// <summary>Command to let a shard take nothing.</summary>
    public const string Throttle = "throttle";

    /// <summary>Command to be so many milliseconds away, there and back.</summary>
    public const string Distance = "distance";

    /// <summary>How the local endpoint limits nothing.</summary>
    public const string NoLimit = "none";

    /// <summary>What a shard takes, in bytes of data and keys.</summary>
    public const double ShardBytesPerSecond = 1 << 20;

    private const double ShardRecordsPerSecond = 1_000;

    private readonly ChildProcess _process;
    private readonly EndpointLocation _location;

    private EndpointProcess(ChildProcess process, EndpointLocation place) => (_process, _location) = (process, place);

    public string Url => $"{_location.Url}";

    public int Port => _location.Url.Port;

    /// <summary>Whom a producer is to trust for it; empty without TLS.</summary>
    public string AuthorityFile => _location.AuthorityFile;

    /// <summary>Starts one on the processors of endpoints.</summary>
    /// <param name="limitModel">How the local endpoint enforces limits of shards; null for the answering one, which has none.</param>
    /// <param name="hasTls">Whether the local one is asked over TLS.</param>
    /// <param name="processors">Where it runs; null for all but the producer's.</param>
    public static async Task<EndpointProcess> StartAsync(string? limitModel = null, bool hasTls = false, int[]? processors = null)
    {
        processors ??= Affinity.EndpointProcessors;
        var process = limitModel is null
            ? ChildProcess.Start(processors, AnsweringEndpoint.Verb)
            : ChildProcess.Start(processors, LocalEndpoint.Verb, limitModel, $"{hasTls}");
        return new EndpointProcess(process, await process.ReadAsync<EndpointLocation>());
    }

    /// <summary>Begins a run: what was taken before is forgotten. The local endpoint makes the stream anew, so no producer may outlive a run.</summary>
    public Task BeginAsync(string stream) => _process.AskAsync<bool>($"{Begin} {stream}");

    public Task<EndpointReport> ReportAsync(string stream) => _process.AskAsync<EndpointReport>($"{Report} {stream}");

    public Task<EndpointCount> CountAsync(string stream) => _process.AskAsync<EndpointCount>($"{Count} {stream}");

    public Task ThrottleAsync(string shard) => _process.AskAsync<bool>($"{Throttle} {shard}");

    public Task SetDistanceAsync(int milliseconds) => _process.AskAsync<bool>($"{Distance} {milliseconds}");

    /// <summary>Waits for the first record and a while longer, then counts what the stream takes.</summary>
    public async Task<EndpointShare> MeasureAsync(string stream, TimeSpan warmUp, TimeSpan measured)
    {
        while ((await CountAsync(stream)).Records == 0)
            await Task.Delay(100);
        await Task.Delay(warmUp);
        var before = await CountAsync(stream);
        await Task.Delay(measured);
        var after = await CountAsync(stream);

        var (seconds, records, throttled) = (after.Seconds - before.Seconds, after.Records - before.Records, after.Throttled - before.Throttled);
        var bytes = (after.Bytes - before.Bytes) / seconds;
        var used = Math.Max(bytes / ShardBytesPerSecond, records / seconds / ShardRecordsPerSecond) / BenchStream.ShardsOf(stream);
        return new EndpointShare(used, (double)throttled / (records + throttled), bytes);
    }

    public ValueTask DisposeAsync() => _process.DisposeAsync();
}
