using System.Text.Json;
using Orleans.Kpl.Benchmarks.Endpoint;
using Orleans.Kpl.Benchmarks.Loads;
using Orleans.Kpl.Benchmarks.Processes;
using Orleans.Kpl.Benchmarks.Web;

namespace Orleans.Kpl.Benchmarks.Benches;

/// <summary>
/// Records of 100 bytes per second of a tier's processor time, over HTTP, beside the embedded producer and beside the bare server. Clients and an endpoint
/// that answers at once share another processor. Ratios are of neighbours in a round, so that a noisy machine is as noisy for both.
/// </summary>
internal static class HttpBench
{
    private const int Runs = 5;

    // On one processor the tier's code is compiled beside its work.
    private const int WarmUps = 2;

    private const int Shards = 64;

    // So many clients of batches keep the calls to Kinesis full.
    private const int Clients = 16;

    // Lines wait for their linger: so many fill its aggregates, as the embedded load does.
    private const int LineClients = 128;

    // Each waits for its record's linger: fewer would leave the tier idle, and its calls small.
    private const int SingleClients = 2_000;

    private static readonly string Stream = ShardRanges.StreamOf(Shards);

    /// <summary>The least that a ratio may be.</summary>
    private static readonly (string Name, string Of, string To, double Least)[] Bars =
    [
        ("front_ratio", "signed", "embedded_alone", 0.6),
        ("signed_ratio", "signed", "put_records", 0.8),
        ("key_ratio", "lines_key", "lines", 0.95),
        ("jwt_ratio", "lines_jwt", "lines", 0.95),
        ("ndjson_ratio", "lines", "embedded", 0.7),
        ("kestrel_ratio", "confirmed", "bare", 0.5),
        ("tls_ratio", "put_records_tls", "put_records", 0),
        ("key_single_ratio", "confirmed_key", "confirmed", 0),
        ("jwt_single_ratio", "confirmed_jwt", "confirmed", 0),
    ];

    public static async Task<Figures> RunAsync(BenchArguments arguments)
    {
        // Of every process that is started here: code that is called often is compiled anew at once, instead of after a tenth of a second without new code,
        // which on a processor with other work may never come. What is measured after the warm-up is compiled alike.
        Environment.SetEnvironmentVariable("DOTNET_TC_CallCountingDelayMs", "0");
        // And each has the collector that programs of .NET have: those of benches are built without its second thread, and the tier is not.
        Environment.SetEnvironmentVariable("DOTNET_gcConcurrent", "1");
        using var identity = new WebIdentity();
        await using var endpoint = ChildProcess.Start(Affinity.EndpointProcessors, AnsweringEndpoint.Verb);
        var port = await endpoint.ReadAsync<int>();
        await using var embedded = ChildProcess.Start(Affinity.ProducerProcessors, LoadProcess.Verb, $"http://127.0.0.1:{port}/");
        await using var bare = ChildProcess.Start(Affinity.ProducerProcessors, BareKestrel.Verb);
        var barePort = await bare.ReadAsync<int>();
        await using var open = await WebTier.StartAsync(Affinity.ProducerProcessors, port, Stream);
        await using var known = await WebTier.StartAsync(Affinity.ProducerProcessors, port, Stream, $"--Kpl:Http:Identities={identity.IdentitiesFile}");
        await using var secure = await WebTier.StartAsync(
            Affinity.ProducerProcessors, port, Stream, $"--Kpl:Http:CertificateFile={identity.CertificateFile}");
        await using var clients = ChildProcess.Start(Affinity.EndpointProcessors, WebLoad.Verb);
        var run = new HttpRun(endpoint, clients);
        (string Name, Func<Task<double>> MeasureAsync)[] variants =
        [
            ("embedded_alone", () => run.EmbeddedAsync(embedded, "batch-alone", 600_000)),
            ("signed", () => run.TierAsync(known, WebKind.SignedPutRecords, Clients, 1_000)),
            ("put_records", () => run.TierAsync(open, WebKind.PutRecords, Clients, 1_000)),
            ("put_records_tls", () => run.TierAsync(secure, WebKind.PutRecords, Clients, 1_000)),
            ("embedded", () => run.EmbeddedAsync(embedded, "batch", 2_000_000)),
            ("lines", () => run.TierAsync(open, WebKind.Lines, LineClients, 2_400)),
            ("lines_key", () => run.TierAsync(known, WebKind.Lines, LineClients, 2_400, identity.ApiKey)),
            ("lines_jwt", () => run.TierAsync(known, WebKind.Lines, LineClients, 2_400, identity.Token)),
            ("bare_lines", () => run.BareAsync(bare, barePort, WebKind.Lines, LineClients, 2_400)),
            ("bare", () => run.BareAsync(bare, barePort, WebKind.Confirmed, SingleClients, 60_000)),
            ("confirmed", () => run.TierAsync(open, WebKind.Confirmed, SingleClients, 30_000)),
            ("confirmed_key", () => run.TierAsync(known, WebKind.Confirmed, SingleClients, 30_000, identity.ApiKey)),
            ("confirmed_jwt", () => run.TierAsync(known, WebKind.Confirmed, SingleClients, 30_000, identity.Token)),
        ];

        if (arguments.Only is { } only)
            variants = [.. variants.Where(v => only.Contains(v.Name))];
        var measured = variants.ToDictionary(static v => v.Name, static _ => new List<double>());
        for (var round = 1 - WarmUps; round <= (arguments.Runs ?? Runs); round++)
        {
            // There and back: what a turn leaves behind, such as garbage, is not always met by the same one.
            foreach (var (name, measureAsync) in round % 2 == 0 ? variants.Reverse() : variants)
            {
                var perSecond = await measureAsync();
                Bench.Say($"{(round < 1 ? "warm-up" : $"run {round}")} {name}: {perSecond:N0} per CPU second");
                if (round > 0)
                    measured[name].Add(perSecond);
            }
        }

        return Judge(measured);
    }

    private static Figures Judge(Dictionary<string, List<double>> measured)
    {
        var figures = new Figures();
        if (measured.TryGetValue("lines", out var lines))
            figures.Add("records_per_cpu_second", Figures.Median(lines));
        var missed = new List<string>();
        foreach (var (name, of, to, least) in Bars.Where(b => measured.ContainsKey(b.Of) && measured.ContainsKey(b.To)))
        {
            var ratio = Figures.Median(measured[of].Zip(measured[to], static (a, b) => a / b));
            figures.Add(name, ratio);
            if (ratio < least)
                missed.Add($"{name} is {ratio:0.###}: it must be {least} at least");
        }

        // What is left of the embedded producer's figure if nothing but the bare server, with the same bytes, is added to it.
        if (measured.TryGetValue("bare_lines", out var bareLines) && measured.TryGetValue("embedded", out var embedded))
            figures.Add("ndjson_ratio_at_most", Figures.Median(bareLines.Zip(embedded, static (bare, own) => bare / (bare + own))));
        foreach (var (name, values) in measured)
            figures.Add($"{name}_per_cpu_second", Figures.Median(values));
        return missed.Count == 0 ? figures : throw new BenchFailedException(string.Join("; ", missed), figures);
    }

    private sealed class HttpRun(ChildProcess endpoint, ChildProcess clients)
    {
        public async Task<double> EmbeddedAsync(ChildProcess producer, string kind, long records)
        {
            await endpoint.AskAsync<bool>("reset");
            var result = await producer.AskAsync<LoadResult>(JsonSerializer.Serialize(new LoadSpec(kind, 100, Shards, records)));
            await VerifyAsync(result.Sent, result.NumberSum);
            Bench.Say($"{(double)result.AllocatedBytes / result.Records:0} bytes allocated a record");
            return result.Failed == 0 ? result.RecordsPerCpuSecond : throw new BenchFailedException($"{kind} was not delivered as put: {result}");
        }

        public async Task<double> TierAsync(WebTier tier, WebKind kind, int connections, long requests, string? credential = null)
        {
            await endpoint.AskAsync<bool>("reset");
            var (result, seconds) = await MeasureAsync(new WebSpec(kind, tier.Url, Stream, connections, requests, credential), () => tier.Program.CpuTime);
            await VerifyAsync(result.Records, result.NumberSum);
            return result.Records / seconds;
        }

        public async Task<double> BareAsync(ChildProcess bare, int port, WebKind kind, int connections, long requests)
        {
            var spec = new WebSpec(kind, $"http://127.0.0.1:{port}", Stream, connections, requests);
            var (result, seconds) = await MeasureAsync(spec, () => bare.CpuTime);
            return result.Records / seconds;
        }

        private async Task<(WebResult Result, double CpuSeconds)> MeasureAsync(WebSpec spec, Func<TimeSpan> cpuTime)
        {
            await clients.AskAsync<bool>(JsonSerializer.Serialize(spec));
            var before = cpuTime();
            var result = await clients.AskAsync<WebResult>(WebLoad.Go);
            return (result, (cpuTime() - before).TotalSeconds);
        }

        private async Task VerifyAsync(long records, ulong numberSum)
        {
            var report = await endpoint.AskAsync<EndpointReport>("report");
            if (report.BadTrailers != 0 || report.StrayMembers != 0 || report.Records != records || report.NumberSum != numberSum)
                throw new BenchFailedException($"{records} records with sum {numberSum} were not delivered as put: {report}");
            Bench.Say($"{(double)report.KinesisRecords / report.Requests:0} Kinesis records a call");
        }
    }
}
