using System.Collections.Concurrent;
using System.Globalization;
using System.Text;
using System.Text.Json;
using Orleans.Kpl.LocalKinesis.Faults;

namespace Orleans.Kpl.Local.Tests.Backlog;

/// <summary>Kinesis away for minutes, under clients that try again whatever they are refused.</summary>
public sealed class MinutesOutageTests
{
    private const int Clients = 24;
    private const int Batch = 50;

    private static readonly TimeSpan Away = TimeSpan.FromMinutes(5);
    private static readonly TimeSpan Settled = TimeSpan.FromMinutes(1);

    private readonly ConcurrentDictionary<string, bool> _refused = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, bool> _delivered = new(StringComparer.Ordinal);
    private int _requests;

    [PosixFact]
    [Trait("Category", "Long")]
    public async Task Outage_UnderRetryingClients_StaysWithinMemory_AndRepeatsNothingThatWasRefused()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "memory is told by Linux");
        // Memory for a part of what the clients bring at once, and nothing goes to the backlog instead.
        await using var run = await BacklogTier.StartAsync(
            "--Kpl:MaxOutstandingBytes=1048576", "--Kpl:Http:MaxBodyMemory=16777216", "--Kpl:Http:AcceptTimeout=1s", "--Kpl:BackoffMax=1s",
            "--Kpl:RecordTtl=2m", "--Kpl:HighWaterMode=Block");
        using var stop = new CancellationTokenSource();
        var clients = Enumerable.Range(0, Clients).Select(_ => Task.Run(() => PutAsync(run, stop.Token))).ToList();
        await Waiting.UntilAsync(() => _delivered.Count > Clients * Batch);

        var outage = run.Kinesis.Faults.Add(new OutageFault());
        var start = TimeProvider.System.GetTimestamp();
        var (early, late, outstanding) = (0L, 0L, 0L);
        while (TimeProvider.System.GetElapsedTime(start) is var passed && passed < Away)
        {
            var memory = run.Tier.PrivateMemory();
            (early, late) = passed < Settled ? (Math.Max(early, memory), late) : (early, Math.Max(late, memory));
            outstanding = Math.Max(outstanding, (await run.LookAsync("ledger")).GetProperty("in_flight").GetInt64());
            await Task.Delay(TimeSpan.FromSeconds(1), TestContext.Current.CancellationToken);
        }

        run.Kinesis.Faults.Remove(outage);
        var before = _delivered.Count;
        await Waiting.UntilAsync(() => _delivered.Count > before + Clients * Batch);
        await stop.CancelAsync();
        await Task.WhenAll(clients);

        var seen = run.Seen();
        TestContext.Current.TestOutputHelper?.WriteLine(
            $"{_requests} requests; {_refused.Count} records refused at least once, {_delivered.Count} delivered; in flight {outstanding} at most; "
            + $"memory {early >> 20} MiB in the first minute, {late >> 20} MiB afterwards");
        Assert.True(_refused.Count > Clients, "nothing was refused");
        Assert.All(_refused.Keys, key => Assert.InRange(seen[key].Count(), 0, 1));
        Assert.All(_delivered.Keys, key => Assert.True(seen.Contains(key), key));
        // A record is charged a kilobyte, and what it costs beside its data.
        Assert.InRange(outstanding, 1, 1 << 10);
        Assert.InRange(late, 1, early + (64 << 20));
    }

    /// <summary>Puts batches, each until it is answered with anything but a refusal.</summary>
    private async Task PutAsync(BacklogTier run, CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
        {
            var first = Interlocked.Increment(ref _requests) * Batch;
            var keys = Enumerable.Range(first, Batch).Select(static n => string.Create(CultureInfo.InvariantCulture, $"key-{n}")).ToArray();
            var body = new StringBuilder();
            foreach (var key in keys)
                body.Append("{\"partition_key\":\"").Append(key).Append("\",\"payload\":\"").Append(key).Append(' ').Append('x', 1_000).Append("\"}\n");
            var (status, text) = await run.Tier.PostAsync($"/streams/{BacklogTier.Stream}/records", body.ToString(), "application/x-ndjson");
            while (status is 429 or 503)
            {
                foreach (var key in keys)
                    _refused.TryAdd(key, true);
                await Task.Delay(TimeSpan.FromMilliseconds(500), CancellationToken.None);
                (status, text) = await run.Tier.PostAsync($"/streams/{BacklogTier.Stream}/records", body.ToString(), "application/x-ndjson");
            }

            Assert.Equal(200, status);
            var results = text.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(static l => JsonDocument.Parse(l).RootElement);
            foreach (var (key, result) in keys.Zip(results))
            {
                if (result.GetProperty("status").GetString() == "delivered")
                    _delivered.TryAdd(key, true);
            }
        }
    }
}
