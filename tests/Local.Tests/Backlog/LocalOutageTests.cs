using Orleans.Kpl.LocalKinesis.Faults;

namespace Orleans.Kpl.Local.Tests.Backlog;

/// <summary>Kinesis away, its key disabled, the backlog full: the whole tier, and nobody acts but the outage.</summary>
public sealed class LocalOutageTests
{
    /// <summary>As little memory as there may be, so that it is full soon.</summary>
    // Bodies have memory of their own, so that a request beside those that fill the records' memory is not refused for want of theirs.
    private static readonly string[] Spilling =
        ["--Kpl:HighWaterMode=Spill", "--Kpl:MaxOutstandingBytes=1048576", "--Kpl:Http:MaxBodyMemory=67108864", "--Kpl:BackoffMax=200ms"];

    [PosixFact]
    public async Task Outage_OfAStreamThatSpills_EngagesAndHealsByItself()
    {
        await using var run = await BacklogTier.StartAsync(Spilling);
        Assert.Equal(Enumerable.Repeat("delivered", 10), await run.PutAsync(10, "delivered"));
        var outage = run.Kinesis.Faults.Add(new OutageFault());
        using var stop = new CancellationTokenSource();
        var clients = Enumerable.Range(0, 8).Select(_ => Task.Run(() => LoadAsync(run, stop.Token))).ToList();

        await run.BacklogAsync(static b => b.GetProperty("is_spilling").GetBoolean());
        var (status, text) = await run.Tier.PostAsync("/events/confirmed", """{"partition_key":"confirmed","payload":"confirmed x"}""");
        Assert.Equal((202, """{"status":"persisted","attempts":0}"""), (status, text));
        run.Kinesis.Faults.Remove(outage);
        await stop.CancelAsync();
        await Task.WhenAll(clients);

        await run.BacklogAsync(static b => !b.GetProperty("is_spilling").GetBoolean());
        Assert.Equal(Enumerable.Repeat("delivered", 10), await run.PutAsync(10, "delivered"));
        await run.EmptyAsync();
        Assert.Empty(run.Failed);
        var seen = run.CheckNothingIsLost();
        Assert.Single(seen["confirmed"]);
        await run.BooksAsync(accepted: run.Acknowledged.Count + 1, delivered: run.Acknowledged.Count + 1);
    }

    [PosixFact]
    public async Task Sigterm_WhileKinesisIsAway_LeavesTheRestToTheNextProcess()
    {
        await using var run = await BacklogTier.StartAsync([.. Spilling, "--Kpl:DrainTimeout=300ms"]);
        var outage = run.Kinesis.Faults.Add(new OutageFault());
        Assert.Equal(Enumerable.Repeat("persisted", 20), await run.PutAsync(20));
        // Nobody asked for this one to be persisted; the stream spills, so it is when there is no time left.
        Assert.Equal(202, (await run.Tier.PostAsync("/events", """{"partition_key":"late","payload":"late x"}""")).Status);

        var (code, drained) = await run.StopAsync();
        Assert.Equal(0, code);
        Assert.StartsWith("drained delivered=0 failed=0 backlog=21 seconds=", drained, StringComparison.Ordinal);

        run.Kinesis.Faults.Remove(outage);
        await run.StartTierAsync();
        await run.ReplayedAsync([.. run.Acknowledged, "late"]);
        Assert.Single(run.CheckNothingIsLost()["late"]);
        (code, drained) = await run.StopAsync();
        Assert.Equal(0, code);
        Assert.StartsWith("drained delivered=21 failed=0 backlog=0 seconds=", drained, StringComparison.Ordinal);
    }

    [PosixFact]
    public async Task KmsKey_DisabledAndEnabledAgain_LosesNothing()
    {
        await using var run = await BacklogTier.StartAsync("--Kpl:RecordTtl=500ms", "--Kpl:BackoffMax=100ms");
        var disabled = run.Kinesis.Faults.Add(new ErrorFault { Operation = "PutRecords", Type = "KMSDisabledException" });
        Assert.Equal(Enumerable.Repeat("persisted", 50), await run.PutAsync(50));
        await run.Tier.NextLogAsync("records are tried again slowly, within their time-to-live: KMSDisabledException");
        await run.KillAsync();
        await run.StartTierAsync();
        await run.Tier.NextLogAsync("records are tried again slowly, within their time-to-live: KMSDisabledException");
        Assert.Equal(50, (await run.LookAsync("backlog")).GetProperty("records").GetInt64());

        run.Kinesis.Faults.Remove(disabled);
        await run.EmptyAsync();
        Assert.All(run.CheckNothingIsLost(), static copies => Assert.Single(copies));
    }

    [PosixFact]
    public async Task Full_ForAWhile_TellsSoAndHealsByItself()
    {
        await using var run = await BacklogTier.StartAsync("--Kpl:BacklogMaxBytes=1048576", "--Kpl:RecordTtl=1s", "--Kpl:BackoffMax=100ms");
        var outage = run.Kinesis.Faults.Add(new OutageFault());
        var random = new Random(3);
        string? code = null;
        var persisted = 0;
        while (code is null)
        {
            // Bytes that no compression makes smaller.
            var data = new byte[100_000];
            random.NextBytes(data);
            var (status, text) = await run.Tier.PostAsync($"/streams/{BacklogTier.Stream}/records?ack=persisted", $$"""[{"partition_key":"big-{{persisted}}","payload":"{{Convert.ToBase64String(data)}}"}]""");
            Assert.Equal(200, status);
            var result = System.Text.Json.JsonDocument.Parse(text).RootElement[0];
            if (result.GetProperty("status").GetString() == "persisted")
                persisted++;
            else
                code = result.GetProperty("error_code").GetString();
            Assert.InRange(persisted, 0, 40);
        }

        Assert.Equal("BacklogFull", code);
        run.Kinesis.Faults.Remove(outage);
        await run.EmptyAsync();
        Assert.Equal(["persisted"], await run.PutAsync(1));
        await run.EmptyAsync();
        var keys = run.Seen().Select(static copies => copies.Key).ToHashSet();
        Assert.All(Enumerable.Range(0, persisted), n => Assert.Contains($"big-{n}", keys));
    }

    /// <summary>Records of a kilobyte, as fast as they are answered.</summary>
    private static async Task LoadAsync(BacklogTier run, CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
            Assert.All(await run.PutAsync(200, "delivered", 1_000), static status => Assert.True(status is "delivered" or "persisted", status));
    }
}
