using Orleans.Kpl.Benchmarks.Loads;
using Orleans.Kpl.Benchmarks.Processes;

namespace Orleans.Kpl.Benchmarks.Endpoint;

/// <summary>What was used of a stream's shards for a while.</summary>
/// <param name="Used">Of what they allow.</param>
/// <param name="Throttled">Of the Kinesis records that were sent, those that were refused.</param>
/// <param name="BytesPerSecond">Data and keys.</param>
internal sealed record EndpointShare(double Used, double Throttled, double BytesPerSecond);

/// <summary>
/// The local Kinesis endpoint in a process of its own: without limits, where the producer is measured, or with those of the service. It keeps what it
/// took, so that losing records is never fast.
/// </summary>
internal sealed class EndpointProcess : IAsyncDisposable
{
    /// <summary>What a shard takes, in bytes of data and keys.</summary>
    public const double ShardBytesPerSecond = 1 << 20;

    private const double ShardRecordsPerSecond = 1_000;

    private readonly ChildProcess _process;
    private readonly EndpointPlace _place;

    private EndpointProcess(ChildProcess process, EndpointPlace place) => (_process, _place) = (process, place);

    public string Url => $"{_place.Url}";

    public int Port => _place.Url.Port;

    /// <summary>Whom a producer is to trust for it; empty without TLS.</summary>
    public string AuthorityFile => _place.AuthorityFile;

    /// <summary>Starts one on the processors of endpoints.</summary>
    /// <param name="limitModel">How limits of shards are enforced; null where there are none.</param>
    /// <param name="hasTls">Whether it is asked over TLS.</param>
    /// <param name="processors">Where it runs; null for all but the producer's.</param>
    public static async Task<EndpointProcess> StartAsync(string? limitModel = null, bool hasTls = false, int[]? processors = null)
    {
        var process = ChildProcess.Start(processors ?? Affinity.EndpointProcessors, BenchEndpoint.Verb, limitModel ?? "none", $"{hasTls}");
        return new EndpointProcess(process, await process.ReadAsync<EndpointPlace>());
    }

    /// <summary>Begins a run: what was taken before is forgotten. A stream that is not there is made.</summary>
    public Task BeginAsync(string stream) => _process.AskAsync<bool>($"{BenchEndpoint.Begin} {stream}");

    public Task<EndpointReport> ReportAsync(string stream) => _process.AskAsync<EndpointReport>($"{BenchEndpoint.Report} {stream}");

    public Task ThrottleAsync(string shard) => _process.AskAsync<bool>($"{BenchEndpoint.Throttle} {shard}");

    public Task SetDistanceAsync(int milliseconds) => _process.AskAsync<bool>($"{BenchEndpoint.Distance} {milliseconds}");

    /// <summary>Waits for the first record and a while longer, then counts what the stream takes.</summary>
    public async Task<EndpointShare> MeasureAsync(string stream, TimeSpan warmUp, TimeSpan measured)
    {
        while ((await CountAsync()).Records == 0)
            await Task.Delay(100);
        await Task.Delay(warmUp);
        var before = await CountAsync();
        await Task.Delay(measured);
        var after = await CountAsync();

        var (seconds, records, throttled) = (after.Seconds - before.Seconds, after.Records - before.Records, after.Throttled - before.Throttled);
        var bytes = (after.Bytes - before.Bytes) / seconds;
        var used = Math.Max(bytes / ShardBytesPerSecond, records / seconds / ShardRecordsPerSecond) / BenchStream.ShardsOf(stream);
        return new EndpointShare(used, (double)throttled / (records + throttled), bytes);

        Task<EndpointCount> CountAsync() => _process.AskAsync<EndpointCount>($"{BenchEndpoint.Count} {stream}");
    }

    public ValueTask DisposeAsync() => _process.DisposeAsync();
}
