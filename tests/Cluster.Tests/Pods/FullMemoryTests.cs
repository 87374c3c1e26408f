using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using Orleans.Kpl.Deploy.Tests;

namespace Orleans.Kpl.Cluster.Tests.Pods;

/// <summary>
/// Pods whose memory is full in every way at once, while Kinesis is away: records of their own callers, records of the other silo, and bodies of requests
/// that wait. They stay within the chart's limit of memory, refuse what has no place, and go on when Kinesis is back.
/// </summary>
[Trait("Category", "Long")]
public sealed class FullMemoryTests(DynamoDbLocal dynamoDb)
{
    private const string Stream = "events";

    /// <summary>Half of the chart's own, so that it is full within seconds.</summary>
    private const long Limit = 1024L << 20;

    /// <summary>Requests at once to each silo: their bodies are more than what bodies may have.</summary>
    private const int AtOnce = 64;

    /// <summary>How often each silo refuses before it counts as full.</summary>
    private const int Refusals = 4 * AtOnce;

    [PosixFact]
    public async Task PodsThatAreFull_StayWithinTheirLimit_Refuse_AndLoseNothing()
    {
        await using var first = MemoryGroup.Create(Limit);
        await using var second = MemoryGroup.Create(Limit);
        await using var cluster = await SiloCluster.CreateAsync(dynamoDb, "none", [$"{Stream}=16"]);
        var rendered = PodStandIn.RenderOf(
            Chart.Folder, cluster, ["RecordTtl: 10m", "Http: {DrainDelay: 1s, AcceptTimeout: 2s}"],
            $"security: open\nresources: {{requests: {{cpu: 1, memory: {Limit >> 20}Mi}}, limits: {{memory: {Limit >> 20}Mi}}}}");
        await using var one = await PodStandIn.StartReadyAsync(rendered, PodLocation.Default with { Memory = first });
        await using var two = await PodStandIn.StartReadyAsync(rendered, PodLocation.Default with { Memory = second });
        (PodStandIn Pod, MemoryGroup Group)[] pods = [(one, first), (two, second)];
        var bodies = new[] { Body(records: 8_000, bytes: 100), Body(records: 3_000, bytes: 1_500), Body(records: 40, bytes: 100_000) };
        foreach (var (pod, _) in pods)
            Assert.Equal(HttpStatusCode.OK, await PutOneAsync(pod));

        await cluster.Kinesis.ArmAsync("""{"kind":"outage"}""");
        using var watching = new CancellationTokenSource();
        var peaks = pods.Select(p => Task.Run(() => PeakAsync(p.Group, watching.Token))).ToList();
        var accepted = await Task.WhenAll(pods.Select(p => FillAsync(p.Pod, bodies)));
        foreach (var (pod, _) in pods)
            Assert.Equal(HttpStatusCode.OK, await GetAsync(pod, "/health/live"));

        await cluster.Kinesis.DisarmAsync();
        foreach (var (pod, _) in pods)
        {
            await Waiting.UntilAsync(async () => await GetAsync(pod, "/health/ready") == HttpStatusCode.OK, "ready again");
            await Waiting.UntilAsync(async () => await PutOneAsync(pod) == HttpStatusCode.OK, "a record taken again");
        }

        await watching.CancelAsync();
        var peak = await Task.WhenAll(peaks);
        TestContext.Current.TestOutputHelper!.WriteLine(
            $"of {Limit >> 20} MiB {string.Join(" and ", peak.Select(static p => p >> 20))} MiB at most, with {accepted.Sum(static a => a.Records)} records");
        Assert.All(peak, p => Assert.True(p < Limit, $"{p} of {Limit}"));
        long delivered = 0;
        foreach (var (pod, _) in pods)
        {
            pod.Signal(Signals.Terminate);
            var (code, output, log) = await pod.ExitAsync();
            Assert.True(code == 0, $"{code}: {string.Join('\n', output)}\n{PodStandIn.LastWords(log)}");
            var drained = DrainLine.Parse(output[^1]);
            Assert.Equal(0, drained.Failed);
            delivered += drained.Delivered;
        }

        Assert.True(delivered >= accepted.Sum(static a => a.Records), $"{delivered} delivered of {accepted.Sum(static a => a.Records)}");
    }

    /// <summary>Puts until the silo has refused often; gives how many records it has accepted.</summary>
    private static async Task<(long Records, int Refused)> FillAsync(PodStandIn pod, (byte[] Lines, int Records)[] bodies)
    {
        long records = 0;
        var refused = 0;
        await Task.WhenAll(Enumerable.Range(0, AtOnce).Select(async n =>
        {
            for (var i = n; Volatile.Read(ref refused) < Refusals; i++)
            {
                var (lines, count) = bodies[i % bodies.Length];
                using var content = new ByteArrayContent(lines) { Headers = { ContentType = new MediaTypeHeaderValue("application/x-ndjson") } };
                using var answer = await PostAsync(pod, "?ack=accepted", content);
                if (answer.StatusCode == HttpStatusCode.TooManyRequests)
                {
                    Interlocked.Increment(ref refused);
                    await Task.Delay(answer.Headers.RetryAfter!.Delta!.Value, TestContext.Current.CancellationToken);
                    continue;
                }

                var text = await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
                Assert.True(answer.IsSuccessStatusCode, $"{answer.StatusCode}: {text}");
                Interlocked.Add(ref records, count - CountFailed(text));
            }
        }));
        return (records, refused);
    }

    private static async Task<HttpResponseMessage> PostAsync(PodStandIn pod, string query, HttpContent content)
    {
        try
        {
            return await pod.Http.PostAsync($"/streams/{Stream}/records{query}", content, TestContext.Current.CancellationToken);
        }
        catch (HttpRequestException error)
        {
            // A pod that answers nothing has mostly ended, or is about to.
            var ending = pod.ExitAsync();
            if (await Task.WhenAny(ending, Task.Delay(TimeSpan.FromSeconds(5), TestContext.Current.CancellationToken)) != ending)
                Assert.Fail($"no answer: {error}, and the log: {pod.Log}");
            var (code, _, log) = await ending;
            Assert.Fail($"the pod ended with {code}: {PodStandIn.LastWords(log)}");
            throw;
        }
    }

    /// <summary>Records whose shards had no room.</summary>
    private static int CountFailed(string text) => text.Split('\n', StringSplitOptions.RemoveEmptyEntries)
        .Count(static l => JsonDocument.Parse(l).RootElement.TryGetProperty("status", out var status) && status.GetString() == "failed");

    private static (byte[] Lines, int Records) Body(int records, int bytes)
    {
        var text = new StringBuilder();
        for (var i = 0; i < records; i++)
            text.Append($$"""{"partition_key":"key-{{i}}","payload":"{{new string('x', bytes)}}"}""").Append('\n');
        return (Encoding.UTF8.GetBytes(text.ToString()), records);
    }

    private static async Task<long> PeakAsync(MemoryGroup group, CancellationToken stop)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(50));
        long peak = 0;
        while (!stop.IsCancellationRequested)
        {
            peak = Math.Max(peak, group.PrivateBytes);
            await timer.WaitForNextTickAsync(CancellationToken.None);
        }

        return peak;
    }

    private static async Task<HttpStatusCode> PutOneAsync(PodStandIn pod)
    {
        using var record = new StringContent("""[{"partition_key":"k","payload":1}]""", null, "application/json");
        using var answer = await PostAsync(pod, "", record);
        return answer.StatusCode;
    }

    private static async Task<HttpStatusCode> GetAsync(PodStandIn pod, string path)
    {
        using var answer = await pod.Http.GetAsync(path, TestContext.Current.CancellationToken);
        return answer.StatusCode;
    }
}
